// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/pki/decrypter.hpp>
#include <scepkit/scep/authorizer.hpp>
#include <scepkit/scep/capabilities.hpp>
#include <scepkit/scep/issuer.hpp>
#include <scepkit/scep/ledger.hpp>
#include <scepkit/scep/transaction.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep {

/// Certificate and key of a role: RA or CA.
struct identity {
    pki::certificate certificate;
    pki::private_key key;
};
/// A certificate to which clients encrypt, and what opens it.
struct recipient_identity {
    pki::certificate certificate;
    std::shared_ptr<pki::decrypter const> decrypter;
};

/// Which certificates may renew themselves (RenewalReq, and PKCSReq signed by one under quirk renewal_as_pkcs_req).
///
/// Whatever is set here: the old certificate must be issued by today's CA, in force at the time, an end entity's, not
/// an RA's, not on the CRL, good for client authentication, with digitalSignature if it has a keyUsage; and the request
/// asks for its subject and its subjectAltNames (absent: as before), and for no extended key usage it does not have.
struct renewal_policy {
    bool allowed = false; ///< Off: RenewalReq is refused and the authorizer not asked.
    /// How long before its end a certificate may be renewed; zero: any time.
    std::chrono::hours window{0};
    bool same_key_allowed = true; ///< RFC 8894, 3.3.1.2: "may be the same or a new key pair".
};

/// Who gets answers to GetCert and GetCRL (RFC 8894, 4.5, 4.6: the CA's policy).
enum class query_policy {
    refuse,              ///< badRequest to everybody.
    certificate_holders, ///< Whoever signs with a certificate of this CA that is in force.
    everybody,           ///< Any signer whose key can receive an answer.
};

/// What a SUCCESS CertRep holds beside the leaf. Cisco VPN clients want the CA, Juniper refuses it (EJBCA's manual).
enum class reply_certificates { leaf, leaf_and_issuing_ca, leaf_and_chain };
/// Apple takes the first certificate as its own; a reader of strict DER wants the SET OF sorted.
enum class reply_order { leaf_first, der };
/// How GetCACert is ordered; readers that take the first want one or the other.
enum class bag_order { ca_first, ra_first };

struct responder_options {
    // Who it is.
    std::vector<pki::certificate> ca_chain; ///< Issuing CA first; sent in GetCACert.
    identity signing;                       ///< Signs replies: the CA or the signing RA.
    pki::certificate decryption_certificate;
    /// The CA's or the encryption RA's key; null only with `request_password`.
    std::shared_ptr<pki::decrypter const> decryption;
    std::vector<recipient_identity> former_recipients; ///< Rolled over; clients that have not noticed encrypt to them.
    std::vector<pki::certificate> ra_certificates;     ///< Sent in GetCACert beside the chain; empty: lone CA.
    std::vector<pki::certificate>
        next_ca; ///< GetNextCACert: the next issuing CA first, then its RAs; empty: not served.
    /// The issuing CA, which signs the answer to GetNextCACert; absent: `signing` is it.
    std::optional<identity> next_ca_signing;
    // Who may have what.
    std::shared_ptr<scep::authorizer> authorizer;
    std::shared_ptr<scep::issuer> issuer;
    std::shared_ptr<scep::ledger> ledger; ///< Null: in memory, 10,000 transactions.
    renewal_policy renewals;
    query_policy queries = query_policy::certificate_holders;
    /// The CRL of the issuing CA, as it is now; served for GetCRL and asked when a certificate renews itself. Empty:
    /// GetCRL is refused and nothing counts as revoked. An error refuses both.
    std::function<result<pki::crl>(time_point now)> crl;
    // How it speaks.
    scep::profile profile = scep::profile::rfc8894();
    capabilities offered; ///< What GetCACaps says.
    reply_certificates replies = reply_certificates::leaf_and_chain;
    reply_order order = reply_order::leaf_first;
    bag_order ca_certificates = bag_order::ca_first;
    std::optional<pki::signature_scheme> signature; ///< Of replies; absent: the key's own.
    /// OAEP in replies to requests that came with OAEP; off for clients that send it and do not read it.
    bool oaep_follows_request = false;
    /// The challenge under which requests may come (quirk password_recipient; RFC 8894, 3.1: a CA whose key only
    /// signs). Costs up to `password_iterations` of PBKDF2 for anybody who asks; null: refused before any work.
    std::shared_ptr<secret_bytes const> request_password;
    std::uint32_t password_iterations = 100'000;
    bool microsoft_replies = false; ///< As NDES: no certificates in replies, HRESULT and disposition, zero byte.
    limits bounds;
    random_source* random = nullptr;
    observer* trace = nullptr;
};

/// An RFC 8894 server without a socket: bytes in, bytes out. Thread-safe; everything may run on many threads.
///
/// The order of a PKIOperation: parse, verify the signature, open the envelope, read the request, check proof of
/// possession (a renewal: the old certificate), ask the authorizer, reserve, issue, record, reply. A message type
/// outside {PKCSReq, RenewalReq, CertPoll, GetCert, GetCRL} fails closed: it is refused and the authorizer is not
/// asked. Everything that fails between the signature check and the authorizer gives the same reply (badMessageCheck),
/// so that a sender learns nothing about the envelope. The same transactionID and signer key again get the same answer
/// and no second certificate. A reply comes in the cipher of its request, by the kind of recipient that the signer's
/// key asks for: key transport; for EC keys key agreement, or under the challenge, whichever the profile allows (in
/// this order).
class SCEPKIT_API responder
{
public:
    /// Finishes what a crash left in the ledger (ledger::unfinished) first; an issuer's error there is not one here:
    /// the entry stays unfinished until its client comes back.
    static result<std::shared_ptr<responder>> create(responder_options options);
    ~responder();
    responder(responder const&) = delete;
    responder& operator=(responder const&) = delete;

    /// New certificates, keys and policies for every message that comes from now on; those being answered keep the old.
    /// The ledger stays: options.ledger must be null or the same (errc::invalid_argument). Thread-safe.
    result<void> reload(responder_options options);

    struct answer {
        unsigned http_status = 200;
        std::string content_type;
        bytes body;
        quirk_set tolerances; ///< What had to be overlooked to give it.
    };
    scep::profile profile() const; ///< Of now; `reload` changes it.
    answer get_ca_caps() const;
    answer get_ca_cert() const;
    answer get_next_ca_cert() const; ///< 404 where there is no next CA.
    /// 400 with an empty body for bytes that are no signed SCEP message, 500 with one where this machine fails (its
    /// crypto library, its random generator); a CertRep otherwise. Throws std::bad_alloc; the message may come again.
    answer pki_operation(bytes_view message, time_point now);

private:
    struct state;
    explicit responder(std::unique_ptr<state> s) noexcept;
    /// The only maker of grants.
    static grant make_grant(pki::certificate_request request, std::string transaction_id, bytes serial, time_point now,
                            std::optional<pki::certificate> renewed);
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
