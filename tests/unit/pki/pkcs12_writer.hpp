// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>
#include <scepkit/pki/crypto_context.hpp>

#include <openssl/pkcs12.h>

#include <string>
#include <vector>

/// PKCS #12 files that no program writes, under a right MAC: what stands behind it is read only then.
namespace scepkit::inline v0::pki::test::pkcs12_writer {

/// A PFX around an AuthenticatedSafe.
inline bytes file(bytes_view safe, bytes_view mac, bytes_view salt, std::int64_t iterations)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(3);
            w.sequence([&] {
                w.oid(asn1::oids::data);
                w.constructed(asn1::context_constructed(0), [&] { w.octet_string(safe); });
            });
            w.sequence([&] {
                w.sequence([&] {
                    w.algorithm(asn1::oids::sha256, true);
                    w.octet_string(mac);
                });
                w.octet_string(salt);
                w.integer(iterations);
            });
        });
    });
}

/// The same under the MAC that `passphrase` gives, of one iteration.
inline bytes sealed(bytes_view safe, secret_bytes const& passphrase)
{
    bytes salt(8, 1);
    bytes key(32);
    auto const text = std::string(as_text(passphrase.view()));
    PKCS12_key_gen_utf8_ex(text.data(), static_cast<int>(text.size()), salt.data(), static_cast<int>(salt.size()),
                           PKCS12_MAC_ID, 1, static_cast<int>(key.size()), key.data(), EVP_sha256(), nullptr, nullptr);
    auto const mac = crypto_context::default_context().hmac(digest_algorithm::sha256, key, safe).value();
    return file(safe, mac, salt, 1);
}

inline bytes safe(std::vector<bytes> const& parts)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            for(auto const& part : parts)
                w.raw(part);
        });
    });
}

/// A part that holds SafeContents in the clear.
inline bytes data(bytes_view safe_contents)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.oid(asn1::oids::data);
            w.constructed(asn1::context_constructed(0), [&] { w.octet_string(safe_contents); });
        });
    });
}

/// One that decrypts to nothing, under PBES2.
inline bytes encrypted(std::int64_t iterations)
{
    constexpr asn1::oid pbes2{"1.2.840.113549.1.5.13"};
    constexpr asn1::oid pbkdf2{"1.2.840.113549.1.5.12"};
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.oid(asn1::oids::encrypted_data);
            w.constructed(asn1::context_constructed(0), [&] {
                w.sequence([&] {
                    w.integer(0);
                    w.sequence([&] {
                        w.oid(asn1::oids::data);
                        w.sequence([&] {
                            w.oid(pbes2);
                            w.sequence([&] {
                                w.sequence([&] {
                                    w.oid(pbkdf2);
                                    w.sequence([&] {
                                        w.octet_string(bytes(8));
                                        w.integer(iterations);
                                    });
                                });
                                w.sequence([&] {
                                    w.oid(asn1::oids::aes256_cbc);
                                    w.octet_string(bytes(16));
                                });
                            });
                        });
                        w.primitive(asn1::context(0), bytes(32));
                    });
                });
            });
        });
    });
}

inline bytes bag_inside(char const* type, bytes_view value)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.oid(asn1::oid::from_dotted(type).value());
            w.constructed(asn1::context_constructed(0), [&] { w.raw(value); });
        });
    });
}
/// SafeContents of one bag.
inline bytes bag(char const* type, bytes_view value)
{
    return asn1::encode([&](asn1::writer& w) { w.sequence([&] { w.raw(bag_inside(type, value)); }); });
}

} // namespace scepkit::inline v0::pki::test::pkcs12_writer
