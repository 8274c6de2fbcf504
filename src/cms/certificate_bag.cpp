// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/certificate_bag.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

result<void> read_crls(asn1::reader from, limits const& bounds, std::vector<bytes>& into)
{
    while(!from.at_end()) {
        if(into.size() == bounds.certificates)
            return failure(errc::too_many, "More than " + std::to_string(bounds.certificates) + " CRLs in one message.",
                           from.offset());
        SCEPKIT_TRY(auto crl, from.read(tag::sequence));
        into.push_back(to_bytes(crl.encoded));
    }
    return success();
}

result<certificate_bag> read(bytes_view message, quirk_set allowed, limits const& bounds,
                             pki::crypto_context const& context, std::span<pki::certificate const> known)
{
    certificate_bag bag;
    SCEPKIT_TRY(auto body, detail::enter_content(message, asn1::oids::signed_data, bounds));
    auto const version_offset = body.offset();
    SCEPKIT_TRY(auto version, body.read_small_integer());
    if(version != 1 && version != 3)
        return failure(errc::bad_value, "A SignedData of version " + std::to_string(version) + "; 1 and 3 are read.",
                       version_offset, "RFC 5652, 5.1");
    // Empty by the letter of RFC 5652; some servers list the digest they sign with.
    SCEPKIT_CHECK(body.read(tag::set));

    SCEPKIT_TRY(auto encapsulated, body.enter(tag::sequence));
    SCEPKIT_CHECK(encapsulated.read_oid());
    if(!encapsulated.at_end()) {
        auto const offset = encapsulated.offset();
        SCEPKIT_CHECK(encapsulated.read(asn1::context_constructed(0)));
        SCEPKIT_CHECK(detail::tolerate(
            quirk::bag_with_content, allowed, bag.tolerances,
            failure(errc::not_degenerate, "A certificate bag with content.", offset, "RFC 8894, 3.4")));
    }
    SCEPKIT_CHECK(encapsulated.finish());

    SCEPKIT_TRY(auto certificates, body.enter_optional(asn1::context_constructed(0)));
    SCEPKIT_TRY(auto crls, body.enter_optional(asn1::context_constructed(1)));
    auto const signers_offset = body.offset();
    SCEPKIT_TRY(auto signers, body.read(tag::set));
    SCEPKIT_CHECK(body.finish());
    // Before the certificates are read: a signed message is not a bag, whatever it carries.
    if(!signers.content.empty())
        return failure(errc::not_degenerate, "A certificate bag with a signer: this is a signed message.",
                       signers_offset, "RFC 8894, 3.4");
    if(certificates) {
        SCEPKIT_TRY(bag.certificates, detail::read_certificates(*std::move(certificates), bounds, context, known));
    }
    if(crls)
        SCEPKIT_CHECK(read_crls(*std::move(crls), bounds, bag.crls));
    return bag;
}

} // namespace

result<certificate_bag> certificate_bag::parse(bytes_view message, quirk_set allowed, limits const& bounds,
                                               pki::crypto_context const& context,
                                               std::span<pki::certificate const> known)
{
    return detail::read_der_or_ber(message, allowed, bounds,
                                   [&](bytes_view der) { return read(der, allowed, bounds, context, known); });
}

bytes certificate_bag::make(std::span<pki::certificate const> certificates, std::span<bytes const> crls)
{
    std::size_t room = 64;
    for(auto const& c : certificates)
        room += c.der().size();
    for(auto const& crl : crls)
        room += crl.size();
    asn1::writer w(room);
    w.sequence([&] {
        w.oid(asn1::oids::signed_data);
        w.constructed(asn1::context_constructed(0), [&] {
            w.sequence([&] {
                w.integer(1);
                w.set([] {});
                w.sequence([&] { w.oid(asn1::oids::data); });
                if(!certificates.empty())
                    w.constructed(asn1::context_constructed(0), [&] {
                        for(auto const& c : certificates)
                            w.raw(c.der());
                    });
                if(!crls.empty())
                    w.constructed(asn1::context_constructed(1), [&] {
                        for(auto const& crl : crls)
                            w.raw(crl);
                    });
                w.set([] {});
            });
        });
    });
    return std::move(w).take();
}

} // namespace scepkit::inline v0::cms
