// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/crl.hpp>
#include <scepkit/scep/enrollment.hpp>

namespace scepkit::inline v0::scep {

/// What GetCACaps and GetCACert said, after the trust check.
struct ca_description {
    scep::capabilities capabilities;
    ca_identity identity;
};
/// GetCert: a certificate of the CA, as asked for by issuer and serial.
struct found_certificate {
    pki::certificate certificate;
    quirk_set tolerances;
};
/// GetCRL: signed by the issuing CA, and current at the time of the reply.
struct found_crl {
    pki::crl crl;
    quirk_set tolerances;
};
/// GetNextCACert: signed by today's CA (RFC 8894, 4.7).
struct next_ca {
    pki::certificate certificate;      ///< The next issuing CA: other key, begins no earlier than today's.
    std::vector<pki::certificate> all; ///< Everything of the bag, RA certificates included.
    time_point switch_over;            ///< When to begin to use it: its notBefore.
    quirk_set tolerances;
};
/// monostate: nothing yet. `rejected` as for an enrolment: an authenticated FAILURE.
using query_outcome = std::variant<std::monostate, ca_description, found_certificate, found_crl, next_ca, rejected>;

/// Who asks: a certificate that the CA knows, and its key. For GetCert and GetCRL.
struct query_signer {
    pki::certificate certificate;
    pki::private_key key;
    std::shared_ptr<pki::decrypter const> decrypter; ///< Absent: made of `key`.
};

/// One question to a CA: its certificates, a certificate, a CRL, the next CA.
///
/// Begins with GetCACaps and GetCACert and the trust check, like an enrolment; replies are checked as there. Of the
/// options, those on polling and renewal are not looked at.
/// Standard: RFC 8894, sections 4.2, 4.5–4.7.
class SCEPKIT_API query final : public transaction<query_outcome>
{
public:
    static result<query> ca(ca_trust trust, enrollment_options options = {});
    static result<query> certificate(issuer_and_serial wanted, query_signer by, ca_trust trust,
                                     enrollment_options options = {});
    /// The CRL on which `subject` would stand.
    static result<query> crl(issuer_and_serial subject, query_signer by, ca_trust trust,
                             enrollment_options options = {});
    /// errc::capability_floor where GetNextCACert is not listed; signature_invalid, not_trusted,
    /// issued_certificate_wrong (the same key as today's, or an older notBefore) on the answer.
    static result<query> next_ca(ca_trust trust, enrollment_options options = {});

    query(query&&) noexcept;
    query& operator=(query&&) noexcept;
    ~query() override;

    result<step> start() override;
    result<step> on_reply(scep::reply const& r, time_point now) override;
    result<step> on_timer() override;
    result<step> on_no_reply(error const& why, time_point now) override;

private:
    struct state;
    explicit query(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
