// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/message.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::scep {

namespace {

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 4.7.1"}};
}

} // namespace

result<bytes> make_next_ca_message(std::span<pki::certificate const> next, pki::certificate const& signer,
                                   pki::private_key const& key, pki::digest_algorithm digest)
{
    if(next.empty())
        return fail(errc::invalid_argument, "there is no next CA to tell of");
    auto const bag = cms::certificate_bag::make(next);
    cms::signing_input input;
    input.content = bytes_view(bag);
    input.digest = digest;
    input.certificates = std::span(&signer, 1);
    return cms::sign(input, signer, key);
}

result<cms::certificate_bag> open_next_ca_message(bytes_view message, pki::certificate const& ca,
                                                  profile const& tolerances, limits const& bounds,
                                                  pki::crypto_context const& context)
{
    SCEPKIT_TRY(auto parsed, cms::signed_data::parse(message, tolerances.allowed, bounds, context));
    if(parsed.content_type() != asn1::oids::data)
        return fail(errc::wrong_content_type, "the answer to GetNextCACert signs content of the type id-data");
    // Whoever sent the certificates beside the content chose them: only the content is covered by the signature.
    if(!parsed.content() || parsed.content()->empty())
        return fail(errc::content_missing, "the answer to GetNextCACert signs no certificates");
    SCEPKIT_TRY(auto const verified,
                cms::verified_signed_data::verify(std::move(parsed), std::span(&ca, 1), tolerances.allowed));
    if(!(verified.signer() == ca))
        return fail(errc::wrong_signer, "the next CA is announced by somebody other than today's issuing CA");
    SCEPKIT_TRY(auto bag,
                cms::certificate_bag::parse(*verified.message().content(), tolerances.allowed, bounds, context));
    if(bag.certificates.empty())
        return fail(errc::content_missing, "the answer to GetNextCACert holds no certificate");
    bag.tolerances.insert(verified.tolerances());
    return bag;
}

} // namespace scepkit::inline v0::scep
