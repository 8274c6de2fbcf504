// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/pki/request.hpp>
#include <scepkit/scep/capabilities.hpp>
#include <scepkit/scep/enrollment.hpp>
#include <scepkit/scep/message.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep {

/// What the authorizer sees of a request: everything is verified (signature, proof of possession) except that it may.
struct enrollment_claim {
    scep::message_type message_type{};
    std::string transaction_id;
    pki::certificate_request request;
    pki::certificate signer;
    secret_bytes const* challenge = nullptr; ///< Null: none was sent.
    time_point now;
};

struct refuse {
    scep::fail_info fail_info = scep::fail_info::bad_request;
    std::string text;                       ///< failInfoText; fixed words, never the peer's.
    std::optional<hresult> microsoft_error; ///< Simulator only.
};
struct accept {
};
struct hold {
}; ///< PENDING
using decision = std::variant<refuse, accept, hold>;

/// Says who may have a certificate. Called for every message type that could end in one, and only then.
class SCEPKIT_API authorizer
{
public:
    virtual ~authorizer();
    virtual result<decision> decide(enrollment_claim const& claim) = 0;
};

/// Challenges compared in constant time over hashes. An empty store refuses everything (fail closed).
class SCEPKIT_API challenge_store final : public authorizer
{
public:
    enum class use { reusable, once };
    challenge_store(std::vector<secret_bytes> challenges, use u,
                    refuse answer = {fail_info::bad_message_check, "", {}});
    ~challenge_store() override;
    result<decision> decide(enrollment_claim const& claim) override; ///< Thread-safe; `once`: one winner in a race.

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// The right to one certificate. Only `responder` makes it, after the authorizer accepted, bound to this transaction,
/// key and request; `issuer::issue` takes nothing else. Move-only: it is spent by issuing.
class SCEPKIT_API grant
{
public:
    grant(grant&&) noexcept = default;
    grant& operator=(grant&&) noexcept = default;
    grant(grant const&) = delete;
    grant& operator=(grant const&) = delete;
    pki::certificate_request const& request() const& noexcept { return request_; }
    std::string const& transaction_id() const& noexcept { return transaction_id_; }
    time_point now() const noexcept { return now_; }

private:
    friend class responder;
    grant(pki::certificate_request r, std::string id, time_point now)
        : request_(std::move(r)), transaction_id_(std::move(id)), now_(now)
    {
    }
    pki::certificate_request request_;
    std::string transaction_id_;
    time_point now_;
};

/// Makes the certificate for a grant.
class SCEPKIT_API issuer
{
public:
    virtual ~issuer();
    virtual result<pki::certificate> issue(grant right) = 0;
};

struct local_issuer_options {
    std::chrono::hours validity{24 * 365};
    std::chrono::minutes backdate{10};
    random_source* random = nullptr; ///< Serials; null: system_random().
};

/// A CA key in memory: copies subject, SANs, key usage and EKU of the request under its own rules.
class SCEPKIT_API local_issuer final : public issuer
{
public:
    local_issuer(pki::certificate ca, pki::private_key key, local_issuer_options options = {});
    ~local_issuer() override;
    /// basicConstraints CA, certificate-signing usages and unknown critical extensions of a request are refused.
    result<pki::certificate> issue(grant right) override;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Certificate and key of a role: RA or CA.
struct identity {
    pki::certificate certificate;
    pki::private_key key;
};

struct responder_options {
    std::vector<pki::certificate> ca_chain; ///< Issuing CA first; sent in GetCACert.
    identity signing;                       ///< Signs replies: the CA or the signing RA.
    pki::certificate decryption_certificate;
    std::shared_ptr<pki::decrypter const> decryption; ///< The CA's or the encryption RA's key.
    std::vector<pki::certificate> ra_certificates;    ///< Sent in GetCACert beside the chain; empty: lone CA.
    std::shared_ptr<scep::authorizer> authorizer;
    std::shared_ptr<scep::issuer> issuer;
    scep::profile profile = scep::profile::rfc8894();
    capabilities offered;            ///< What GetCACaps says.
    bool include_ca_in_reply = true; ///< After the leaf, which is always first (Apple takes the first).
    bool microsoft_replies = false;  ///< As NDES: no certificates in replies, HRESULT and disposition, zero byte.
    std::size_t remembered_transactions = 10000;
    limits bounds;
    random_source* random = nullptr;
    observer* trace = nullptr;
};

/// An RFC 8894 server without a socket: bytes in, bytes out. Thread-safe; `pki_operation` may run on many threads.
///
/// The order of a PKIOperation: parse, verify the signature, open the envelope, read the request, check proof of
/// possession, ask the authorizer, issue. A message type outside {PKCSReq, CertPoll} fails closed: it is refused and
/// the authorizer is not asked. Everything that fails between the signature check and the authorizer gives the same
/// reply (badMessageCheck), so that a sender learns nothing about the envelope. The same transactionID and signer key
/// again get the same answer and no second certificate.
class SCEPKIT_API responder
{
public:
    static result<std::shared_ptr<responder>> create(responder_options options);
    ~responder();
    responder(responder const&) = delete;
    responder& operator=(responder const&) = delete;

    struct answer {
        unsigned http_status = 200;
        std::string content_type;
        bytes body;
    };
    answer get_ca_caps() const;
    answer get_ca_cert() const;
    /// 400 with an empty body for bytes that are no signed SCEP message; a CertRep otherwise.
    answer pki_operation(bytes_view message, time_point now);

private:
    struct state;
    explicit responder(std::unique_ptr<state> s) noexcept;
    /// The only maker of grants.
    result<std::variant<grant, refuse, hold>> authorize(enrollment_claim const& claim);
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
