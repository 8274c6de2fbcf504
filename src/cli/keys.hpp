// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/private_key.hpp>

#include <span>
#include <string>
#include <string_view>

// Keys as the tools' users name them: files, URIs, and kinds of new ones.

namespace scepkit::inline v0::cli {

/// "rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", and "mldsa44" … where this OpenSSL has it.
std::span<std::string_view const> key_kind_names() noexcept;
/// What such a name means; errc::invalid_argument.
struct kind_of_key {
    std::string_view name;
    pki::key_kind kind;
    std::size_t rsa_bits;
};
result<kind_of_key> kind_of_name(std::string_view name);

/// Whether the text is a URI of a key ("pkcs11:…") and not a file.
bool is_key_uri(std::string_view text) noexcept;
/// From a PEM file, encrypted or not, or from where a URI leads. `secret_file`: its first line is the passphrase or
/// PIN; empty: none. `configuration`: the openssl.cnf that loads the provider of the URI; empty: the default one.
result<pki::private_key> read_key(std::string const& file_or_uri, std::string const& secret_file,
                                  std::string const& configuration);

} // namespace scepkit::inline v0::cli
