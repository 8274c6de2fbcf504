// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/issuer.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <array>
#include <gsl/assert>

namespace scepkit::inline v0::scep {

namespace {

constexpr asn1::oid cmc_registration_authority{"1.3.6.1.5.5.7.3.28"};
constexpr asn1::oid ocsp_signing{"1.3.6.1.5.5.7.3.9"};

// Codes whose condition says that nothing was issued (issuer::issue): what a request spent is given back.
error refusal(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 5280, 4.2.1"}};
}

// Purposes with which a device could speak for the CA or for other devices.
bool is_privileged(asn1::oid const& purpose)
{
    static constexpr std::array privileged{asn1::oids::certificate_request_agent, asn1::oids::any_extended_key_usage,
                                           cmc_registration_authority, ocsp_signing};
    return std::find(privileged.begin(), privileged.end(), purpose) != privileged.end();
}

result<void> check_request(pki::certificate_request const& request, pki::certificate const& ca)
{
    auto const& wanted = request.extensions();
    if(request.subject() == ca.subject())
        return refusal(errc::not_authorized, "the request has the CA's own name");
    if(wanted.basic_constraints && wanted.basic_constraints->ca)
        return refusal(errc::not_authorized, "the request is for a CA certificate");
    if(wanted.key_usage && pki::has(*wanted.key_usage, pki::key_usage::key_cert_sign | pki::key_usage::crl_sign))
        return refusal(errc::not_authorized, "the request wants to sign certificates or CRLs");
    if(!wanted.unknown_critical.empty())
        return refusal(errc::bad_request, "the request has a critical extension that this CA does not know");
    if(wanted.extended_key_usage &&
       std::any_of(wanted.extended_key_usage->begin(), wanted.extended_key_usage->end(), is_privileged))
        return refusal(errc::not_authorized, "the request has an extended key usage that is not for devices");
    return success();
}

} // namespace

struct local_issuer::state {
    pki::certificate ca;
    pki::private_key key;
    local_issuer_options options;
};

issuer::~issuer() = default;

std::shared_ptr<issuer> make_issuer(std::function<result<pki::certificate>(grant)> function)
{
    class as_issuer final : public issuer
    {
    public:
        explicit as_issuer(std::function<result<pki::certificate>(grant)> f) : function_(std::move(f)) {}
        result<pki::certificate> issue(grant right) override { return function_(std::move(right)); }

    private:
        std::function<result<pki::certificate>(grant)> function_;
    };
    Expects(function);
    return std::make_shared<as_issuer>(std::move(function));
}

local_issuer::local_issuer(pki::certificate ca, pki::private_key key, local_issuer_options options)
    : state_(std::make_unique<state>(state{std::move(ca), std::move(key), options}))
{
    Expects(state_->ca.key() && *state_->ca.key() == state_->key.public_key());
}

local_issuer::~local_issuer() = default;

result<pki::certificate> local_issuer::issue(grant right)
{
    auto const& [ca, ca_key, options] = *state_;
    auto const& request = right.request();
    auto const& wanted = request.extensions();
    auto const& renewed = right.renewed();
    auto const& alternative_names = wanted.subject_alt_names.empty() && renewed
                                        ? renewed->extensions().subject_alt_names
                                        : wanted.subject_alt_names;
    if(request.subject().empty() && alternative_names.empty())
        return refusal(errc::bad_request, "the request names nobody");
    SCEPKIT_CHECK(check_request(request, ca));
    auto const& key = request.key();
    if(!key)
        return key.error();
    if(right.now() > ca.not_after())
        return refusal(errc::not_authorized, "the CA certificate is expired");

    pki::certificate_template content;
    content.subject = request.subject();
    content.not_before = std::max<time_point>(right.now() - options.backdate, ca.not_before());
    content.not_after = std::min<time_point>(right.now() + options.validity, ca.not_after());
    content.serial = to_bytes(right.serial());

    auto const usual = key->is_rsa() ? pki::key_usage::digital_signature | pki::key_usage::key_encipherment
                                     : pki::key_usage::digital_signature;
    content.extensions.push_back(pki::make_key_usage(wanted.key_usage.value_or(usual)));
    // Without any extended usage a certificate would be good for every purpose, an RA's included.
    content.extensions.push_back(
        pki::make_extended_key_usage(wanted.extended_key_usage.value_or(std::vector{asn1::oids::client_auth})));
    if(!alternative_names.empty()) {
        auto names = pki::make_subject_alt_names(alternative_names);
        names.critical = content.subject.empty();
        content.extensions.push_back(std::move(names));
    }
    SCEPKIT_TRY(auto const subject_id, pki::key_identifier(*key));
    content.extensions.push_back(pki::make_subject_key_id(subject_id));
    auto authority_id = ca.extensions().subject_key_id;
    if(!authority_id) {
        SCEPKIT_TRY(authority_id, pki::key_identifier(ca_key.public_key()));
    }
    content.extensions.push_back(pki::make_authority_key_id(*authority_id));
    return pki::make_certificate(content, *key, ca.subject(), ca_key);
}

} // namespace scepkit::inline v0::scep
