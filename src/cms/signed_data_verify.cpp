// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/signed_data.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <cms/detail/signed_data_data.hpp>
#include <pki/detail/keys.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms {

using detail::failure;

namespace {

struct found_signer {
    pki::certificate const* certificate = nullptr;
    bool several = false;

    void consider(certificate_identifier const& id, pki::certificate const& c)
    {
        if(several || !id.names(c))
            return;
        if(certificate == nullptr)
            certificate = &c;
        else
            several = !equal(certificate->spki(), c.spki());
    }
};

bool is_weak(pki::digest_algorithm digest) noexcept
{
    return digest == pki::digest_algorithm::md5 || digest == pki::digest_algorithm::sha1;
}

result<void> check_digest(pki::digest_algorithm digest, quirk_set allowed, quirk_set& tolerances)
{
    auto const refusal = [&] {
        return failure(errc::algorithm_not_allowed,
                       "Signed with " + std::string(pki::name_of(digest)) + ", which this profile does not accept.", {},
                       "RFC 8894, 3.5.2");
    };
    switch(digest) {
    case pki::digest_algorithm::md5: return detail::tolerate(quirk::md5_signature, allowed, tolerances, refusal());
    case pki::digest_algorithm::sha1: return detail::tolerate(quirk::sha1_signature, allowed, tolerances, refusal());
    case pki::digest_algorithm::sha256:
    case pki::digest_algorithm::sha384:
    case pki::digest_algorithm::sha512: return success();
    }
    return refusal();
}

} // namespace

verified_signed_data::verified_signed_data(signed_data message, pki::certificate signer, quirk_set tolerances)
    : message_(std::move(message)), signer_(std::move(signer)), tolerances_(tolerances)
{
}

result<verified_signed_data> verified_signed_data::verify(signed_data parsed, std::span<pki::certificate const> others,
                                                          quirk_set allowed)
{
    auto const& d = *parsed.data_;
    auto tolerances = d.tolerances;
    SCEPKIT_CHECK(check_digest(d.digest, allowed, tolerances));
    // The messages of old clients are what those leniencies are for, and no old client signs with ML-DSA.
    if(d.signed_with.scheme == pki::signature_scheme::ml_dsa && is_weak(d.digest))
        return failure(errc::algorithm_not_allowed,
                       "ML-DSA over attributes with " + std::string(pki::name_of(d.digest)) + ".", {}, "RFC 9882, 3.3");

    found_signer found;
    for(auto const& c : d.certificates)
        found.consider(d.signer, c);
    bool const inside = found.certificate != nullptr;
    for(auto const& c : others)
        found.consider(d.signer, c);
    if(found.several)
        return failure(errc::several_signers,
                       "Two certificates with different keys are called " + d.signer.to_string() + ".");
    auto const missing = [&](std::string_view where) {
        return failure(errc::signer_certificate_missing,
                       "The signer's certificate (" + d.signer.to_string() + ") is not " + std::string(where) + ".");
    };
    if(found.certificate == nullptr)
        return missing(others.empty() ? "in the message" : "in the message, nor among the known certificates");
    if(!inside)
        SCEPKIT_CHECK(
            detail::tolerate(quirk::signer_certificate_outside, allowed, tolerances, missing("in the message")));

    SCEPKIT_TRY(auto key, found.certificate->key());
    auto algorithm = d.signed_with;
    if(!pki::fits(algorithm.scheme, key.kind()) || (algorithm.kind && *algorithm.kind != key.kind()))
        return failure(errc::algorithm_not_allowed, "The signature algorithm does not fit the signer's " +
                                                        std::string(pki::name_of(key.kind())) + " key.");

    // ForgedAttributes: signed attributes of an older message, passed off as content (ePrint 2023/1801).
    auto const content = d.content.value_or(bytes_view{});
    if(detail::is_set_of_attributes(content, d.bounds))
        return failure(errc::attribute_malformed, "The content is itself a set of attributes: a forgery, most likely.",
                       {}, "ePrint 2023/1801");
    // Absent content is hashed as empty content, as OpenSSL and others do for FAILURE and PENDING.
    SCEPKIT_TRY(auto digest, d.context.digest(d.digest, content));
    if(!equal_constant_time(digest, d.message_digest))
        return failure(errc::digest_mismatch, "The content is not the one that was signed.", {}, "RFC 5652, 5.4");
    algorithm.digest = d.digest;
    SCEPKIT_CHECK(key.verify(algorithm, d.hashed_attributes, d.signature));

    auto signer = *found.certificate;
    return verified_signed_data(std::move(parsed), std::move(signer), tolerances);
}

} // namespace scepkit::inline v0::cms
