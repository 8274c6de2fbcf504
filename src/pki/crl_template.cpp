// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/crl.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/revocation.hpp>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

bool is_integer(bytes_view content)
{
    auto const der = asn1::encode([&](asn1::writer& w) { w.primitive(asn1::tag::integer, content); });
    asn1::reader input(der);
    return input.read_integer().has_value() && input.at_end();
}

result<void> check(crl_template const& content, certificate const& ca, private_key const& key)
{
    SCEPKIT_TRY(auto const certified, ca.key());
    if(certified != key.public_key())
        return detail::fail(errc::invalid_argument, "the private key is not the one of the CA's certificate");
    if(!can_sign(key.kind()))
        return detail::fail(errc::key_not_allowed, "an ML-KEM key signs nothing");
    if(!ca.allows(key_usage::crl_sign))
        return detail::fail(errc::usage_not_allowed,
                            "the CA's key usage does not allow the signing of revocation lists");
    if(content.digest == digest_algorithm::md5)
        return detail::fail(errc::algorithm_not_allowed, "MD5 signatures are read, never made");
    if(content.next_update < content.this_update)
        return detail::fail(errc::invalid_argument, "a revocation list that ends before it begins");
    std::vector<bytes_view> serials;
    for(auto const& entry : content.entries) {
        if(!is_integer(entry.serial))
            return detail::fail(errc::invalid_argument, "a serial number that is no INTEGER's content");
        if(entry.reason == revocation_reason::remove_from_crl)
            return detail::fail(errc::invalid_argument, "removeFromCRL stands in delta lists only");
        serials.push_back(entry.serial);
    }
    auto const less = [](bytes_view a, bytes_view b) { return std::ranges::lexicographical_compare(a, b); };
    std::ranges::sort(serials, less);
    if(std::ranges::adjacent_find(serials, equal) != serials.end())
        return detail::fail(errc::invalid_argument, "a certificate that is revoked twice");
    return success();
}

bytes encode_reason(revocation_reason reason)
{
    return asn1::encode(
        [&](asn1::writer& w) { w.primitive(asn1::tag::enumerated, bytes{static_cast<std::uint8_t>(reason)}); });
}

void write_entry(asn1::writer& w, revoked_certificate const& entry)
{
    w.sequence([&] {
        w.primitive(asn1::tag::integer, entry.serial);
        w.time(entry.at);
        // RFC 5280, 5.3.1: the reason is left out rather than unspecified.
        if(entry.reason.value_or(revocation_reason::unspecified) != revocation_reason::unspecified)
            w.sequence([&] { write(w, extension{detail::reason_code, false, encode_reason(*entry.reason)}); });
    });
}

bytes encode_number(std::uint64_t number)
{
    bytes magnitude;
    for(int shift = 56; shift >= 0; shift -= 8)
        magnitude.push_back(static_cast<std::uint8_t>(number >> shift));
    return asn1::encode([&](asn1::writer& w) { w.unsigned_integer(magnitude); });
}

} // namespace

result<crl> make_crl(crl_template const& content, certificate const& ca, private_key const& key)
{
    SCEPKIT_CHECK(check(content, ca, key));
    auto const scheme = key.default_scheme();
    auto const write_algorithm = [&](asn1::writer& w) {
        write_signature_algorithm(w, scheme, content.digest, key.kind());
    };
    auto const tbs = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(1);
            write_algorithm(w);
            w.raw(ca.subject().der());
            w.time(content.this_update);
            w.time(content.next_update);
            if(!content.entries.empty()) // Absent rather than empty: RFC 5280, 5.1.2.6.
                w.sequence([&] {
                    for(auto const& entry : content.entries)
                        write_entry(w, entry);
                });
            w.constructed(asn1::context_constructed(0), [&] {
                w.sequence([&] {
                    if(auto const& id = ca.extensions().subject_key_id)
                        write(w, make_authority_key_id(*id));
                    write(w, extension{detail::crl_number, false, encode_number(content.number)});
                });
            });
        });
    });
    SCEPKIT_TRY(auto const signature, key.sign(scheme, content.digest, tbs));
    auto const der = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.raw(tbs);
            write_algorithm(w);
            w.bit_string(signature);
        });
    });
    return crl::from_der(der, {}, key.native().context);
}

} // namespace scepkit::inline v0::pki
