// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <scepkit/cms/certificate_bag.hpp>

#include <base/try.hpp>
#include <scep/detail/transaction_ledger.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t nonce_size = 16;
constexpr hresult invalid_argument_hresult{0x80070057};

error misuse(std::string message)
{
    return {errc::invalid_argument, diagnostics{.message = std::move(message), .layer = "scep"}};
}

result<bytes> sha256(bytes_view data)
{
    return pki::crypto_context::default_context().digest(pki::digest_algorithm::sha256, data);
}

// What a CertRep will say.
struct success_answer {
    pki::certificate certificate;
    cms::content_cipher cipher{};
};
using verdict = std::variant<success_answer, refuse, hold>;

// The one answer to everything that is wrong between the signature and the authorizer.
refuse badly_made() { return {fail_info::bad_message_check, {}, {}}; }

bool is_aes(cms::content_cipher c) noexcept
{
    return c == cms::content_cipher::aes128_cbc || c == cms::content_cipher::aes192_cbc ||
           c == cms::content_cipher::aes256_cbc;
}

} // namespace

struct responder::state {
    using ledger = detail::transaction_ledger;

    explicit state(responder_options o) : options(std::move(o)), transactions(10'000) {}

    responder_options options;
    ledger transactions;

    random_source& random() const { return options.random != nullptr ? *options.random : system_random(); }
    void trace(std::string_view name, std::string detail) const
    {
        if(options.trace != nullptr)
            options.trace->on_event({.layer = "scep", .name = name, .detail = std::move(detail)});
    }

    verdict judge(verified_message const& message, time_point now);
    verdict judge_request(verified_message const& message, bytes owner, time_point now);
    verdict judge_poll(verified_message const& message, bytes_view owner, time_point now);
    verdict ask(enrollment_claim claim, cms::content_cipher cipher, ledger::record record, ledger::reservation& place);

    result<cms::opened> open(verified_message const& message) const;
    result<pki::certificate_request> read_request(verified_message const& message, cms::opened const& opened) const;
    result<answer> reply(verified_message const& message, verdict const& said) const;
    result<bytes> seal_certificate(verified_message const& message, success_answer const& success) const;
};

// What is not named here is refused; nothing is decided by an else.
verdict responder::state::judge(verified_message const& message, time_point now)
{
    auto const type = message.attributes().message_type;
    if(type != message_type::pkcs_req && type != message_type::cert_poll)
        return refuse{fail_info::bad_request, "unsupported message type", {}};
    // These are plain in the message, so a refusal of its own tells nobody anything.
    if(!asn1::is_printable_string(message.attributes().transaction_id))
        return refuse{fail_info::bad_request, {}, {}};
    auto const& signer_key = message.signer().key();
    if(!signer_key || !signer_key->is_rsa())
        return refuse{fail_info::bad_alg, {}, {}};
    auto owner = sha256(message.signer().spki());
    if(!owner)
        return refuse{fail_info::bad_request, {}, {}};
    if(type == message_type::pkcs_req)
        return judge_request(message, *std::move(owner), now);
    return judge_poll(message, *owner, now);
}

verdict responder::state::judge_request(verified_message const& message, bytes owner, time_point now)
{
    auto const opened = open(message);
    if(!opened)
        return badly_made();
    auto const request = read_request(message, *opened);
    if(!request)
        return badly_made();
    auto digest = sha256(request->der());
    if(!digest)
        return badly_made();
    auto const& id = message.attributes().transaction_id;
    auto place = transactions.reserve(id);
    ledger::record record{std::move(owner), *std::move(digest), {}, {}, request->subject()};
    if(auto const& known = place.known()) {
        if(!equal(known->owner, record.owner))
            return refuse{fail_info::bad_request, {}, {}};
        // The same request again is answered as before; another one of the same device is a transaction of its own.
        if(equal(known->request_digest, record.request_digest))
            record = *known;
    }
    if(record.issued && now <= record.issued->not_after())
        return success_answer{*record.issued, opened->cipher};
    enrollment_claim claim{message_type::pkcs_req, id, *request, message.signer(), nullptr, now, false, {}};
    return ask(std::move(claim), opened->cipher, std::move(record), place);
}

verdict responder::state::judge_poll(verified_message const& message, bytes_view owner, time_point now)
{
    auto const opened = open(message);
    if(!opened)
        return badly_made();
    auto const names = issuer_and_subject::from_der(opened->content.view());
    if(!names)
        return badly_made();
    auto place = transactions.reserve(message.attributes().transaction_id);
    auto const& known = place.known();
    // An unknown transaction, somebody else's and one of another subject look alike.
    if(!known || !equal(known->owner, owner) || !(known->subject == names->subject))
        return refuse{fail_info::bad_cert_id, {}, {}};
    if(known->issued && now <= known->issued->not_after())
        return success_answer{*known->issued, opened->cipher};
    if(!known->held)
        return refuse{fail_info::bad_cert_id, {}, {}};
    auto claim = *known->held;
    claim.message_type = message_type::cert_poll;
    claim.now = now;
    return ask(std::move(claim), opened->cipher, *known, place);
}

verdict responder::state::ask(enrollment_claim claim, cms::content_cipher cipher, ledger::record record,
                              ledger::reservation& place)
{
    claim.challenge = claim.request.challenge_password();
    auto said = options.authorizer->decide(claim);
    if(!said)
        return refuse{fail_info::bad_request, {}, {}};
    if(auto* refusal = std::get_if<refuse>(&*said))
        return std::move(*refusal);
    if(std::holds_alternative<hold>(*said)) {
        claim.challenge = nullptr;
        record.held = std::move(claim);
        place.remember(std::move(record));
        return hold{};
    }
    bytes serial(16);
    if(!random().fill(serial))
        return refuse{fail_info::bad_request, {}, {}};
    serial.front() = static_cast<std::uint8_t>((serial.front() & 0x3f) | 0x40);
    auto made = options.issuer->issue(responder::make_grant(claim.request, claim.transaction_id, serial, claim.now));
    if(!made)
        return refuse{fail_info::bad_request, {}, {}};
    record.held.reset();
    record.issued = *made;
    place.remember(std::move(record));
    return success_answer{*std::move(made), cipher};
}

result<cms::opened> responder::state::open(verified_message const& message) const
{
    return message.open(options.decryption_certificate, *options.decryption, options.profile, options.bounds);
}

result<pki::certificate_request> responder::state::read_request(verified_message const& message,
                                                                cms::opened const& opened) const
{
    SCEPKIT_TRY(auto request, pki::certificate_request::from_der(opened.content.view(), options.bounds));
    auto const& key = request.key();
    if(!key)
        return key.error();
    auto const& signer_key = message.signer().key(); // Has verified the message.
    bool const same_key = signer_key && *signer_key == *key;
    SCEPKIT_CHECK(same_key ? request.verify(*signer_key) : request.verify());
    if(!same_key && !options.profile.allows(quirk::signer_key_differs))
        return error(errc::key_not_allowed, "the message is signed by a key that is not the request's");
    return request;
}

result<bytes> responder::state::seal_certificate(verified_message const& message, success_answer const& success) const
{
    std::vector<pki::certificate> inside{success.certificate};
    if(options.replies != reply_certificates::leaf)
        inside.insert(inside.end(), options.ca_chain.begin(), options.ca_chain.end());
    cms::seal_options sealing;
    sealing.cipher = success.cipher;
    if(options.microsoft_replies && is_aes(success.cipher)) {
        sealing.transport.scheme = pki::key_transport::kind::rsa_oaep;
        sealing.oaep_empty_parameters = true;
    }
    std::array const recipients{message.signer()};
    return cms::seal(cms::certificate_bag::make(inside), recipients, sealing, random());
}

result<responder::answer> responder::state::reply(verified_message const& message, verdict const& said) const
{
    outgoing_message out;
    auto& a = out.attributes;
    a.message_type = message_type::cert_rep;
    a.transaction_id = message.attributes().transaction_id;
    a.recipient_nonce = message.attributes().sender_nonce;
    a.sender_nonce.resize(nonce_size);
    SCEPKIT_CHECK(random().fill(a.sender_nonce));
    // MD5 is read from the oldest devices, never written.
    out.digest = message.digest() == pki::digest_algorithm::md5 ? pki::digest_algorithm::sha1 : message.digest();
    if(options.microsoft_replies)
        out.enveloped = bytes{0};
    else
        out.certificates.push_back(options.signing.certificate);

    if(auto const* success = std::get_if<success_answer>(&said)) {
        a.pki_status = pki_status::success;
        SCEPKIT_TRY(out.enveloped, seal_certificate(message, *success));
        if(options.microsoft_replies)
            a.microsoft_disposition = "Issued";
    } else if(auto const* refusal = std::get_if<refuse>(&said)) {
        a.pki_status = pki_status::failure;
        a.fail_info = refusal->fail_info;
        if(!refusal->text.empty())
            a.fail_info_text = refusal->text;
        a.microsoft_error = refusal->microsoft_error;
        if(options.microsoft_replies && !a.microsoft_error)
            a.microsoft_error = invalid_argument_hresult;
    } else {
        a.pki_status = pki_status::pending;
    }
    SCEPKIT_TRY(auto body, build_message(out, options.signing.certificate, options.signing.key));
    trace("answer", std::string(name_of(message.attributes().message_type)) + ": " +
                        std::string(name_of(*a.pki_status)) +
                        (a.fail_info ? " " + std::string(name_of(*a.fail_info)) : std::string{}));
    return answer{200, "application/x-pki-message", std::move(body), {}};
}

responder::responder(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
responder::~responder() = default;

result<std::shared_ptr<responder>> responder::create(responder_options options)
{
    if(options.ca_chain.empty())
        return misuse("a responder needs its CA certificate");
    if(!options.authorizer || !options.issuer || !options.decryption)
        return misuse("a responder needs an authorizer, an issuer and a decrypter");
    auto const& signing_key = options.signing.certificate.key();
    if(!signing_key || *signing_key != options.signing.key.public_key())
        return misuse("the signing certificate is for another key");
    auto const& decryption_key = options.decryption_certificate.key();
    if(!decryption_key || !decryption_key->is_rsa())
        return misuse("the decryption certificate needs an RSA key");
    return std::shared_ptr<responder>(new responder(std::make_unique<state>(std::move(options))));
}

responder::answer responder::get_ca_caps() const
{
    auto const text = state_->options.offered.to_text();
    return {200, "text/plain", to_bytes(as_bytes(text)), {}};
}

responder::answer responder::get_next_ca_cert() const { return {404, {}, {}, {}}; }

scep::profile responder::profile() const { return state_->options.profile; }

responder::answer responder::get_ca_cert() const
{
    auto const& options = state_->options;
    if(options.ca_chain.size() == 1 && options.ra_certificates.empty())
        return {200, "application/x-x509-ca-cert", to_bytes(options.ca_chain.front().der()), {}};
    auto all = options.ca_chain;
    all.insert(all.end(), options.ra_certificates.begin(), options.ra_certificates.end());
    return {200, "application/x-x509-ca-ra-cert", cms::certificate_bag::make(all), {}};
}

grant responder::make_grant(pki::certificate_request request, std::string transaction_id, bytes serial, time_point now)
{
    return {std::move(request), std::move(transaction_id), std::move(serial), now};
}

responder::answer responder::pki_operation(bytes_view message, time_point now)
{
    auto const refuse_bytes = [&](error const& why) {
        state_->trace("answer", "400 " + std::string(name_of(why.code())));
        return answer{400, {}, {}, {}};
    };
    auto const& options = state_->options;
    auto parsed = parsed_message::parse(message, options.profile, options.bounds);
    if(!parsed)
        return refuse_bytes(parsed.error());
    if(parsed->attributes().message_type == message_type::cert_rep)
        return refuse_bytes(errc::unknown_message_type);
    auto const verified = verified_message::verify(*std::move(parsed), {}, options.profile);
    if(!verified)
        return refuse_bytes(verified.error());
    auto reply = state_->reply(*verified, state_->judge(*verified, now));
    if(!reply) {
        state_->trace("answer", "500 " + std::string(name_of(reply.error().code())));
        return {500, {}, {}, {}};
    }
    return *std::move(reply);
}

} // namespace scepkit::inline v0::scep
