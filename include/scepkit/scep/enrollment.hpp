// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/pki/request.hpp>
#include <scepkit/scep/ca_identity.hpp>
#include <scepkit/scep/capabilities.hpp>
#include <scepkit/scep/message.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep {

/// operation=… of the URL (RFC 8894, 4.1).
enum class operation { get_ca_caps, get_ca_cert, pki_operation };
SCEPKIT_API std::string_view name_of(operation o) noexcept; ///< "GetCACaps"

/// What a device asks for.
struct enrollment_request {
    pki::certificate_request request;
    pki::private_key key; ///< The request's key: opens the reply. RSA in this version.
    /// Who signs the message. Absent: a throw-away self-signed certificate of `key` with the request's subject.
    std::optional<pki::certificate> signer;
    std::optional<pki::private_key> signer_key;
};

struct poll_policy {
    std::chrono::seconds interval{30}; ///< Before the first poll; doubles up to `longest`.
    std::chrono::seconds longest{600};
    unsigned attempts = 0; ///< 0: PENDING is the outcome, the caller decides.
};

struct enrollment_options {
    scep::profile profile = scep::profile::rfc8894();
    capability_floor floor;
    poll_policy polling;
    std::string ca_identifier; ///< message= of GetCACaps and GetCACert; usually empty.
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

/// One enrolment from GetCACaps to the CA's word, without any I/O.
///
/// Each step says what to do next: send, wait, or take the outcome. The caller does it and reports back, so the
/// blocking client, the Asio client, Python and the tests drive this same object. It opens no socket and reads no
/// clock. Order: GetCACaps, GetCACert, trust check, PKCSReq, then CertPoll while PENDING and the policy allows. Nothing
/// readable leaves before the CA is trusted: with a wrong pin no PKIOperation is ever sent. Checked in a reply: signer
/// is the pinned RA or CA, transactionID, recipientNonce, issued key equals the request's, the leaf is a leaf, the only
/// one, valid at `now`, and signed by the issuing CA. Where it stands in the reply is not judged (a SET has no order),
/// and its subject is the CA's to decide.
///
/// Standard: RFC 8894, sections 2.2, 3.2, 3.3, 4.1–4.4. Thread safety: distinct objects yes, one object no.
class SCEPKIT_API enrollment
{
public:
    struct send {
        scep::operation operation{};
        std::string message;       ///< GetCACaps and GetCACert: the CA identifier. Empty: no message parameter.
        bytes body;                ///< PKIOperation: the pkiMessage.
        bool post_allowed = false; ///< PKIOperation: the server takes POST.
    };
    struct wait {
        std::chrono::seconds delay{};
    };
    using step = std::variant<send, wait, enrollment_outcome>;

    /// What the server sent for the last `send`. A non-200 status is told by `http_status`.
    struct reply {
        bytes body;
        std::string content_type;
        unsigned http_status = 200;
    };

    /// errc::unsupported for EC keys, invalid_argument where key and request differ.
    static result<enrollment> create(enrollment_request request, ca_trust trust, enrollment_options options = {});
    enrollment(enrollment&&) noexcept;
    enrollment& operator=(enrollment&&) noexcept;
    ~enrollment();

    result<step> start();
    result<step> on_reply(reply const& r, time_point now);
    result<step> on_timer();

private:
    struct state;
    explicit enrollment(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
