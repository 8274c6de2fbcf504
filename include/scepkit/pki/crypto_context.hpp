// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/algorithms.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::pki {

/// An OpenSSL library context with a property query, and the algorithms fetched from it once.
///
/// Goes where keys go, so that a program can keep FIPS keys and others apart and its own global state untouched.
/// A handle: copies share one context, which lives as long as anything made from it. Thread-safe.
class SCEPKIT_API crypto_context
{
public:
    /// The process-wide default: a context of this library's own with OpenSSL's default provider.
    static crypto_context const& default_context();
    /// A new context; `properties` as OpenSSL's fetch takes them ("fips=yes").
    static result<crypto_context> create(std::string_view properties = {});
    /// With an OpenSSL configuration file (a PKCS#11 provider and its module, FIPS) and providers by name beside
    /// "default"; errc::file_unreadable, crypto_failed with the file's or the provider's name.
    struct options;
    static result<crypto_context> create(options const& wanted);

    /// MD5 is computed for fingerprints and the `legacy` profile only.
    result<bytes> digest(digest_algorithm algorithm, bytes_view data) const;
    result<bytes> hmac(digest_algorithm algorithm, bytes_view key, bytes_view data) const;

    struct native; ///< The OpenSSL handles; defined in src only (see openssl.hpp for access).
    native const& handles() const noexcept { return *native_; }

private:
    explicit crypto_context(std::shared_ptr<native const> handles) noexcept : native_(std::move(handles)) {}
    std::shared_ptr<native const> native_;
};

struct crypto_context::options {
    std::string properties;    ///< As OpenSSL's fetch takes them ("fips=yes").
    std::string configuration; ///< Path of an openssl.cnf; empty: none is read.
    /// Loaded beside "default", in this order, with their sections of the file. OpenSSL passes over in silence what
    /// only the file names and does not load: name here what must be there.
    std::vector<std::string> providers;
};

} // namespace scepkit::inline v0::pki
