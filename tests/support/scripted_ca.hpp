// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/enrollment.hpp>
#include <scepkit/scep/responder.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// A CA for tests, with all its secrets in hand: it answers as a good one does, or with whatever a test writes.
///
/// Header only, so that it goes wherever the scep room is linked. Keys are made once a process and by name.
namespace scepkit::test {

/// The time of every test.
inline constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{12}};

inline pki::private_key const& rsa_key(std::string const& whose)
{
    static std::mutex mutex;
    static std::map<std::string, pki::private_key> keys;
    std::lock_guard const lock(mutex);
    auto place = keys.find(whose);
    if(place == keys.end())
        place = keys.emplace(whose, pki::private_key::generate(pki::key_kind::rsa).value()).first;
    return place->second;
}

/// The same of any kind; RSA keys are those of `rsa_key`.
inline pki::private_key const& key_of(pki::key_kind kind, std::string const& whose)
{
    if(kind == pki::key_kind::rsa)
        return rsa_key(whose);
    static std::mutex mutex;
    static std::map<std::pair<pki::key_kind, std::string>, pki::private_key> keys;
    std::lock_guard const lock(mutex);
    auto place = keys.find({kind, whose});
    if(place == keys.end())
        place = keys.emplace(std::pair(kind, whose), pki::private_key::generate(kind).value()).first;
    return place->second;
}

inline pki::name dn(std::string_view text) { return pki::name::parse(text).value(); }

struct certificate_wish {
    std::string subject;
    pki::key_usage usage = pki::key_usage::none; ///< none: no keyUsage at all.
    std::vector<asn1::oid> extended_usage;
    std::optional<pki::basic_constraints> constraints;
    time_point not_before = noon - std::chrono::hours{24};
    time_point not_after = noon + std::chrono::hours{24 * 365};
    std::vector<pki::general_name> names;
};

/// An issuer: certificate and key.
struct authority {
    pki::certificate certificate;
    pki::private_key key;

    pki::certificate issue(certificate_wish const& wish, pki::public_key const& subject_key) const
    {
        return make(wish, subject_key, certificate.subject(), key);
    }
    static authority self_signed(certificate_wish const& wish, pki::private_key const& key)
    {
        return {make(wish, key.public_key(), dn(wish.subject), key), key};
    }
    static pki::certificate make(certificate_wish const& wish, pki::public_key const& subject_key,
                                 pki::name const& issuer, pki::private_key const& issuer_key)
    {
        static std::atomic<unsigned> serial{1};
        auto const number = ++serial;
        pki::certificate_template content;
        content.subject = dn(wish.subject);
        content.not_before = wish.not_before;
        content.not_after = wish.not_after;
        content.serial = {0x51, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                          static_cast<std::uint8_t>(number)};
        if(wish.constraints)
            content.extensions.push_back(pki::make_basic_constraints(*wish.constraints));
        if(wish.usage != pki::key_usage::none)
            content.extensions.push_back(pki::make_key_usage(wish.usage));
        if(!wish.extended_usage.empty())
            content.extensions.push_back(pki::make_extended_key_usage(wish.extended_usage));
        if(!wish.names.empty())
            content.extensions.push_back(pki::make_subject_alt_names(wish.names));
        content.extensions.push_back(pki::make_subject_key_id(pki::key_identifier(subject_key).value()));
        content.extensions.push_back(pki::make_authority_key_id(pki::key_identifier(issuer_key.public_key()).value()));
        return pki::make_certificate(content, subject_key, issuer, issuer_key).value();
    }
};

inline certificate_wish ca_wish(std::string subject)
{
    return {.subject = std::move(subject),
            .usage = pki::key_usage::key_cert_sign | pki::key_usage::crl_sign | pki::key_usage::digital_signature,
            .constraints = pki::basic_constraints{.ca = true}};
}

/// Asks what a test says; counts.
class spy_authorizer final : public scep::authorizer
{
public:
    explicit spy_authorizer(std::function<scep::decision(scep::enrollment_claim const&)> rule) : rule_(std::move(rule))
    {
    }
    result<scep::decision> decide(scep::enrollment_claim const& claim) override
    {
        ++asked;
        auto said = rule_(claim);
        if(std::holds_alternative<scep::accept>(said))
            ++accepted;
        return said;
    }
    std::atomic<unsigned> asked{0};
    std::atomic<unsigned> accepted{0};

private:
    std::function<scep::decision(scep::enrollment_claim const&)> rule_;
};

/// The challenge that the scripted CA accepts.
inline constexpr std::string_view right_challenge = "0123456789ABCDEF";

/// Renewals have been checked by the responder; all others need it.
inline scep::decision by_challenge(scep::enrollment_claim const& claim)
{
    if(claim.is_renewal)
        return scep::accept{};
    if(claim.challenge != nullptr && as_text(claim.challenge->view()) == right_challenge)
        return scep::accept{};
    return scep::refuse{scep::fail_info::bad_message_check, "", {}};
}

class spy_issuer final : public scep::issuer
{
public:
    explicit spy_issuer(std::shared_ptr<scep::issuer> behind) : behind_(std::move(behind)) {}
    result<pki::certificate> issue(scep::grant right) override
    {
        ++issued;
        return behind_->issue(std::move(right));
    }
    std::atomic<unsigned> issued{0};

private:
    std::shared_ptr<scep::issuer> behind_;
};

class counting_decrypter final : public pki::decrypter
{
public:
    explicit counting_decrypter(pki::private_key const& key) : behind_(pki::software_decrypter::create(key).value()) {}
    result<secret_bytes> decrypt(pki::key_transport transport, bytes_view encrypted_key,
                                 std::size_t size) const override
    {
        ++decrypted;
        return behind_->decrypt(transport, encrypted_key, size);
    }
    result<secret_bytes> agree(pki::public_key const& originator) const override
    {
        ++decrypted;
        return behind_->agree(originator);
    }
    mutable std::atomic<unsigned> decrypted{0};

private:
    std::shared_ptr<pki::software_decrypter const> behind_;
};

class scripted_ca
{
public:
    enum class layout { lone_ca, ra_pair };

    explicit scripted_ca(layout l = layout::ra_pair)
        : ca(authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("ca"))),
          decrypter(
              std::make_shared<counting_decrypter>(l == layout::lone_ca ? rsa_key("ca") : rsa_key("encryption ra")))
    {
        if(l == layout::lone_ca)
            return;
        auto const agent = std::vector{asn1::oids::certificate_request_agent};
        // As NDES has them: one subject, one usage each.
        signing_ra = authority{ca.issue({.subject = "CN=SCEP-MSCEP-RA,C=DE",
                                         .usage = pki::key_usage::digital_signature,
                                         .extended_usage = agent},
                                        rsa_key("signing ra").public_key()),
                               rsa_key("signing ra")};
        encryption_ra = authority{ca.issue({.subject = "CN=SCEP-MSCEP-RA,C=DE",
                                            .usage = pki::key_usage::key_encipherment,
                                            .extended_usage = agent},
                                           rsa_key("encryption ra").public_key()),
                                  rsa_key("encryption ra")};
    }

    authority const& signer() const { return signing_ra ? *signing_ra : ca; }
    authority const& recipient() const { return encryption_ra ? *encryption_ra : ca; }
    scep::ca_trust pin() const { return scep::ca_trust::pinned(ca.certificate.sha256()).value(); }

    /// A responder's options, complete; spies included.
    scep::responder_options options() const
    {
        scep::responder_options o{.ca_chain = {ca.certificate},
                                  .signing = {signer().certificate, signer().key},
                                  .decryption_certificate = recipient().certificate};
        o.decryption = decrypter;
        if(signing_ra)
            o.ra_certificates = {signing_ra->certificate, encryption_ra->certificate};
        o.authorizer = authorizer;
        o.issuer = issuer;
        o.offered = {.aes = true, .post_pki_operation = true, .sha256 = true, .scep_standard = true};
        return o;
    }

    authority ca;
    std::optional<authority> signing_ra;
    std::optional<authority> encryption_ra;
    std::shared_ptr<spy_authorizer> authorizer = std::make_shared<spy_authorizer>(by_challenge);
    std::shared_ptr<spy_issuer> issuer =
        std::make_shared<spy_issuer>(std::make_shared<scep::local_issuer>(ca.certificate, ca.key));
    std::shared_ptr<counting_decrypter> decrypter;
};

/// A device: a key and what it wants.
struct device {
    std::string name = "device 1";
    std::string challenge{right_challenge};
    pki::key_kind kind = pki::key_kind::rsa;

    pki::private_key const& key() const { return key_of(kind, name); }
    pki::certificate_request request() const
    {
        pki::certificate_request_builder builder;
        builder.subject(dn("CN=" + name + ",O=Contoso"));
        builder.add(pki::general_name::dns("device.contoso.example").value());
        if(!challenge.empty())
            builder.challenge_password(secret_bytes::from_text(challenge));
        return builder.sign(key()).value();
    }
    scep::enrollment_request enrollment() const { return {request(), key(), std::nullopt, std::nullopt}; }
    /// The throw-away certificate of a message.
    authority signer() const { return authority::self_signed({.subject = "CN=" + name + ",O=Contoso"}, key()); }
};

/// A request, made by hand: every part can be another.
struct message_wish {
    device from;
    scep::message_type type = scep::message_type::pkcs_req;
    std::string transaction_id = "4711";
    bytes sender_nonce = bytes(16, 0x42);
    std::optional<bytes> content;    ///< Absent: the device's request.
    std::optional<bytes> envelope;   ///< Absent: the content sealed to the CA.
    std::optional<authority> signer; ///< Absent: the device's throw-away certificate.
    cms::content_cipher cipher = cms::content_cipher::aes128_cbc;
    pki::digest_algorithm digest = pki::digest_algorithm::sha256;
    std::optional<pki::certificate> recipient; ///< Absent: the CA's.
    pki::key_transport transport;              ///< For RSA recipients.
};

inline bytes seal_for(pki::certificate const& recipient, bytes_view content,
                      cms::content_cipher cipher = cms::content_cipher::aes128_cbc, pki::key_transport transport = {})
{
    std::vector const recipients{recipient};
    return cms::seal(content, recipients, {.cipher = cipher, .transport = transport}, system_random()).value();
}

inline bytes make_message(scripted_ca const& ca, message_wish const& wish)
{
    auto const signer = wish.signer ? *wish.signer : wish.from.signer();
    scep::outgoing_message out;
    out.attributes.message_type = wish.type;
    out.attributes.transaction_id = wish.transaction_id;
    out.attributes.sender_nonce = wish.sender_nonce;
    out.digest = wish.digest;
    out.certificates = {signer.certificate};
    if(wish.envelope)
        out.enveloped = *wish.envelope;
    else
        out.enveloped =
            seal_for(wish.recipient ? *wish.recipient : ca.recipient().certificate,
                     wish.content ? *wish.content : to_bytes(wish.from.request().der()), wish.cipher, wish.transport);
    return scep::build_message(out, signer.certificate, signer.key).value();
}

/// A reply to `request`, made by hand. `attributes` begins as a good SUCCESS.
struct reply_wish {
    explicit reply_wish(bytes_view answered)
        : request(scep::parsed_message::parse(answered, scep::profile::legacy()).value())
    {
        attributes.message_type = scep::message_type::cert_rep;
        attributes.transaction_id = request.attributes().transaction_id;
        attributes.sender_nonce = bytes(16, 0x77);
        attributes.recipient_nonce = request.attributes().sender_nonce;
        attributes.pki_status = scep::pki_status::success;
    }
    scep::parsed_message request;
    scep::message_attributes attributes;
    std::optional<std::vector<pki::certificate>> certificates; ///< Inside the envelope; sealed to the request's signer.
    std::optional<bytes> content;                              ///< Instead of them: the eContent itself.
    bool with_signer = true;                                   ///< Send the signer's certificate along.
    pki::digest_algorithm digest = pki::digest_algorithm::sha256;

    bytes sign(authority const& by) const
    {
        scep::outgoing_message out;
        out.attributes = attributes;
        out.digest = digest;
        if(with_signer)
            out.certificates = {by.certificate};
        if(content)
            out.enveloped = *content;
        else if(certificates)
            out.enveloped =
                seal_for(request.signed_data().certificates().at(0), cms::certificate_bag::make(*certificates));
        return scep::build_message(out, by.certificate, by.key).value();
    }
};

using send = scep::enrollment::send;
using reply = scep::enrollment::reply;

/// A responder as an enrolment sees it.
inline std::function<reply(send const&)> serve(std::shared_ptr<scep::responder> responder, time_point now = noon)
{
    return [responder, now](send const& s) {
        auto const a = s.operation == scep::operation::get_ca_caps   ? responder->get_ca_caps()
                       : s.operation == scep::operation::get_ca_cert ? responder->get_ca_cert()
                                                                     : responder->pki_operation(s.body, now);
        return reply{a.body, a.content_type, a.http_status};
    };
}

/// What happened on the way.
struct log_of_steps {
    std::vector<send> sent;
    std::vector<std::chrono::seconds> waited;
};

/// Runs an enrolment or a query to its end.
template <class Outcome>
result<Outcome> drive(scep::transaction<Outcome>& transaction, std::function<reply(send const&)> const& server,
                      log_of_steps* log = nullptr, time_point now = noon)
{
    auto step = transaction.start();
    while(step) {
        if(auto const* s = std::get_if<scep::send>(&*step)) {
            if(log != nullptr)
                log->sent.push_back(*s);
            step = transaction.on_reply(server(*s), now);
        } else if(auto const* w = std::get_if<scep::wait>(&*step)) {
            if(log != nullptr)
                log->waited.push_back(w->delay);
            step = transaction.on_timer();
        } else {
            return std::get<Outcome>(*std::move(step));
        }
    }
    return step.error();
}

} // namespace scepkit::test
