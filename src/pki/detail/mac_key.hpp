// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/crypto_context.hpp>

#include <pki/detail/openssl.hpp>
#include <pki/detail/spare.hpp>

#include <initializer_list>

namespace scepkit::inline v0::pki::detail {

/// HMAC-SHA-256 under one key, prepared once and used by many threads.
class mac_key
{
public:
    /// errc::crypto_failed. An empty key is a programming mistake.
    static result<mac_key> create(bytes_view key, crypto_context const& context = crypto_context::default_context());
    /// 32 bytes over all parts in a row. Thread-safe.
    result<bytes> compute(std::initializer_list<bytes_view> parts) const;

private:
    using context = spare<EVP_MAC_CTX, deleter<EVP_MAC_CTX_free>>;
    mac_key(bytes_view key, crypto_context library) : library_(std::move(library)), key_(key) {}
    /// Null where OpenSSL fails.
    context::pointer prepare() const;

    crypto_context library_;
    secret_bytes key_;
    context mutable prepared_;
};

} // namespace scepkit::inline v0::pki::detail
