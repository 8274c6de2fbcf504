// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/pki/request.hpp>
#include <scepkit/scep/ca_identity.hpp>
#include <scepkit/scep/capabilities.hpp>
#include <scepkit/scep/message.hpp>
#include <scepkit/scep/transaction.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep {

/// What a device asks for.
struct enrollment_request {
    pki::certificate_request request;
    pki::private_key key; ///< The request's key.
    /// Who signs the message. Absent: a throw-away self-signed certificate of `key` with the request's subject.
    /// A renewal: the certificate to be renewed and its key (`options.renewal` then says how).
    std::optional<pki::certificate> signer;
    std::optional<pki::private_key> signer_key;
    /// Opens the reply; of the key that signs the message. Absent: made of that key, which must be readable then.
    std::shared_ptr<pki::decrypter const> decrypter;
};

/// How a renewal is put (RFC 8894, 2.2, 3.3.1.2).
enum class renewal_style {
    none,        ///< A first enrolment: PKCSReq.
    automatic,   ///< PKCSReq under quirk renewal_as_pkcs_req; else as renewal_req.
    renewal_req, ///< Type 17; errc::capability_floor where it is not listed and quirk renewal_unadvertised is off.
    pkcs_req,    ///< Type 19, signed by the old certificate.
};

struct poll_policy {
    std::chrono::seconds interval{30}; ///< Before the first poll; doubles up to `longest`.
    std::chrono::seconds longest{600};
    unsigned attempts = 0; ///< 0: PENDING is the outcome, the caller decides. Waits for a 503 count too.
    unsigned jitter = 10;  ///< Per cent, drawn up and down, so that a fleet does not come back all at once. A time that
                           ///< the server named (Retry-After) is used up to `longest` and only lengthened.
    /// Since the first PENDING or 503; the last attempt is made when it is over. errc::polling_exhausted beyond.
    std::optional<std::chrono::seconds> deadline;
};

struct enrollment_options {
    scep::profile profile = scep::profile::rfc8894();
    capability_floor floor;
    poll_policy polling;
    std::string ca_identifier; ///< message= of GetCACaps, GetCACert and GetNextCACert; usually empty.
    renewal_style renewal = renewal_style::none;
    transaction_id_form id_form = transaction_id_form::sha256_hex;
    std::optional<std::string> transaction_id; ///< Instead of one made of the key; a PrintableString.
    // Instead of what negotiation chooses; still held against the floor and the profile.
    std::optional<pki::digest_algorithm> digest;
    std::optional<cms::content_cipher> cipher;
    std::optional<pki::signature_scheme> signature; ///< rsa_pss; absent: the key's own.
    pki::key_transport transport;                   ///< OAEP for servers known to read it.
    limits bounds;
    random_source* random = nullptr; ///< Null: system_random().
    observer* trace = nullptr;
};

/// An authenticated SUCCESS, checked against the request.
struct issued {
    pki::certificate certificate;
    std::vector<pki::certificate>
        chain; ///< The CA certificates of the reply and of GetCACert, issuers of the leaf first.
    std::optional<std::string> microsoft_disposition;
    quirk_set tolerances;
};
struct pending {
    std::string transaction_id;
    quirk_set tolerances;
};
/// An authenticated FAILURE.
struct rejected {
    std::optional<scep::fail_info> fail_info;
    std::string fail_info_text;
    std::optional<hresult> microsoft_error;
    quirk_set tolerances;
};
/// monostate: nothing yet (an async operation's default value).
using enrollment_outcome = std::variant<std::monostate, issued, pending, rejected>;

/// One enrolment or renewal from GetCACaps to the CA's word.
///
/// Order: GetCACaps, GetCACert, trust check, PKCSReq or RenewalReq, then CertPoll while PENDING and the policy allows.
/// A 503 with Retry-After is waited for and the same message sent again. Nothing readable leaves before the CA is
/// trusted: with a wrong pin no PKIOperation is ever sent. Checked in a reply: signer is the pinned RA or CA,
/// transactionID, recipientNonce, issued key equals the request's, the leaf is a leaf, the only one, valid at `now`,
/// and signed by the issuing CA. Where it stands in the reply is not judged (a SET has no order), and its subject is
/// the CA's to decide.
///
/// Standard: RFC 8894, sections 2.2, 3.2, 3.3, 4.1–4.4. Thread safety: distinct objects yes, one object no.
class SCEPKIT_API enrollment final : public transaction<enrollment_outcome>
{
public:
    /// errc::invalid_argument where key and request differ, or a renewal has no signer; unsupported where no envelope
    /// that the profile takes can carry a reply to the signer's key (EC: key_agreement, or password_recipient with a
    /// challenge in the request); capability_floor and algorithm_not_allowed for options below the floor or outside the
    /// profile.
    static result<enrollment> create(enrollment_request request, ca_trust trust, enrollment_options options = {});

    /// What a later process needs to go on polling: DER, no key and no challenge in it. From the CA's PENDING on, so
    /// while waiting, after a `pending` outcome, and after a poll that failed; errc::state_misuse before it and after
    /// SUCCESS and FAILURE.
    result<bytes> save() const;
    /// The keys are the caller's to keep; the challenge is needed again only where replies come under it.
    struct resume_keys {
        pki::private_key key;
        std::optional<pki::private_key> signer_key;
        std::shared_ptr<pki::decrypter const> decrypter;
        secret_bytes challenge;
    };
    /// The saved bytes are not believed: trust is checked again at `now`, keys must be the saved ones. Its `start` is
    /// the next CertPoll. Back-off and deadline go on from where they were, attempts are counted anew. errc::bad_value
    /// and the readers' codes, invalid_argument (other keys), those of `create` and ca_identity::choose.
    static result<enrollment> resume(bytes_view saved, resume_keys keys, ca_trust trust, enrollment_options options,
                                     time_point now);

    enrollment(enrollment&&) noexcept;
    enrollment& operator=(enrollment&&) noexcept;
    ~enrollment() override;

    result<step> start() override;
    result<step> on_reply(scep::reply const& r, time_point now) override;
    result<step> on_timer() override;
    result<step> on_no_reply(error const& why, time_point now) override;

private:
    struct state;
    explicit enrollment(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
