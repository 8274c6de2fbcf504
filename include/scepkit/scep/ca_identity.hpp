// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>
#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/scep/profile.hpp>

#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::scep {

/// Why a client believes a CA. There is no empty value: an enrolment cannot be built without one.
class SCEPKIT_API ca_trust
{
public:
    /// Fingerprint of any certificate of the bag, by its length: SHA-256, SHA-384, SHA-512, and under quirk weak_pin
    /// MD5 and SHA-1 (Apple's profiles, thumbprints of mscep_admin; asked when roles are chosen);
    /// errc::invalid_argument for another length.
    static result<ca_trust> pinned(bytes_view fingerprint);
    static result<ca_trust> pinned_hex(std::string_view fingerprint);
    /// Some certificate of the bag must be one of these or chain to one; at least one (errc::invalid_argument).
    static result<ca_trust> anchored(std::vector<pki::certificate> anchors);
    /// Believes whatever GetCACert says, once. For laboratories; the name stands in every trace.
    static ca_trust trust_on_first_use();

    bool is_first_use() const noexcept { return !pin_ && anchors_.empty(); }
    std::optional<bytes> const& pin() const& noexcept { return pin_; }
    std::vector<pki::certificate> const& anchors() const& noexcept { return anchors_; }

private:
    ca_trust() = default;
    std::optional<bytes> pin_;
    std::vector<pki::certificate> anchors_;
};

/// What a GetCACert answer holds (RFC 8894, 4.2.1): one DER certificate or a bag. Judged by the bytes,
/// the Content-Type is not looked at. errc::html_instead_of_scep, truncated (empty body), and the readers' codes.
SCEPKIT_API result<cms::certificate_bag> parse_ca_certificates(
    bytes_view body, profile const& tolerances, limits const& bounds = {},
    pki::crypto_context const& context = pki::crypto_context::default_context());

/// The roles in a GetCACert bag, by key usage, issuer and signature, never by order.
struct SCEPKIT_API ca_identity {
    pki::certificate issuing_ca;
    pki::certificate recipient;                  ///< Enrolments are encrypted to this one.
    std::vector<pki::certificate> reply_signers; ///< Who may sign replies: the issuing CA and its RA certificates.
    std::vector<pki::certificate> all;
    quirk_set tolerances;

    /// Chooses roles and checks trust at `now`.
    ///
    /// RA certificates are end-entity certificates of the bag that the issuing CA signed. One with an extended key
    /// usage must have an RA's among them (enrolment agent, cmcRA, any), or be the trusted certificate itself: anyone
    /// can slip his device's certificate into the bag. The recipient is the newest valid one with keyEncipherment (EC
    /// keys: keyAgreement, under quirk key_agreement; ML-KEM under kem_recipient), else (no RA at all) the CA itself
    /// (quirk lone_ca_recipient when its keyUsage says otherwise; password_recipient where its key only signs: what is
    /// sent goes under the challenge, RFC 8894, 3.1). A pin must be of a chosen role or of a CA above it, not merely of
    /// the bag. errc::ca_certificate_not_pinned, not_trusted, no_usable_recipient, certificate_expired,
    /// certificate_not_yet_valid, algorithm_not_allowed (a weak pin).
    static result<ca_identity> choose(cms::certificate_bag const& bag, ca_trust const& trust, profile const& tolerances,
                                      time_point now);
};

} // namespace scepkit::inline v0::scep
