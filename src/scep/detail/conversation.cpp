// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/conversation.hpp>

#include <base/try.hpp>
#include <scep/detail/html.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr std::size_t nonce_size = 16;
constexpr std::size_t longest_transaction_id = 256;

error http_error(errc code, std::string message, unsigned status)
{
    return {
        code,
        diagnostics{.message = std::move(message), .layer = "http", .http_status = status, .reference = "RFC 8894, 4"}};
}

std::string in_code(std::string_view text) { return '"' + escape_controls(text.substr(0, 64)) + '"'; }

result<void> check_cipher(cms::content_cipher cipher, enrollment_options const& options)
{
    using cms::content_cipher;
    auto const name = std::string(cms::name_of(cipher));
    auto const hold = [&](bool above_floor, quirk needed) -> result<void> {
        if(!above_floor)
            return scep_error(errc::capability_floor, name + " is below what the caller accepts");
        if(!options.profile.allows(needed))
            return scep_error(errc::algorithm_not_allowed,
                              "a reply in " + name + " needs " + std::string(cms::name_of(needed)) + " in the profile");
        return success();
    };
    switch(cipher) {
    case content_cipher::aes128_cbc:
    case content_cipher::aes192_cbc:
    case content_cipher::aes256_cbc: return success();
    case content_cipher::des_ede3_cbc: return hold(options.floor.allow_triple_des, quirk::triple_des);
    case content_cipher::des_cbc: return hold(options.floor.allow_single_des, quirk::single_des);
    case content_cipher::aes128_gcm:
    case content_cipher::aes256_gcm: return hold(true, quirk::authenticated_envelope);
    }
    return scep_error(errc::invalid_argument, "no such cipher");
}

result<void> check_digest(pki::digest_algorithm digest, capability_floor const& floor)
{
    using pki::digest_algorithm;
    switch(digest) {
    case digest_algorithm::md5: return scep_error(errc::algorithm_not_allowed, "nothing is signed with MD5");
    case digest_algorithm::sha1:
        if(!floor.allow_sha1)
            return scep_error(errc::capability_floor, "SHA-1 is below what the caller accepts");
        return success();
    case digest_algorithm::sha256:
    case digest_algorithm::sha384:
    case digest_algorithm::sha512: return success();
    }
    return scep_error(errc::invalid_argument, "no such digest");
}

// It was reached, and hung up or said what is no list. One that was not reached has not been heard at all.
bool is_a_server_without_a_list(error const& why)
{
    return why == errc::connection_reset || why == errc::connection_closed || why == errc::truncated ||
           why == errc::too_large || why == errc::too_many;
}

} // namespace

error scep_error(errc code, std::string message, std::string reference)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = std::move(reference)}};
}

result<bytes> draw(random_source& from, std::size_t size)
{
    bytes out(size);
    SCEPKIT_CHECK(from.fill(out));
    return out;
}

result<void> conversation::check(enrollment_options const& options, std::optional<pki::key_kind> signing)
{
    if(options.digest)
        SCEPKIT_CHECK(check_digest(*options.digest, options.floor));
    if(options.cipher)
        SCEPKIT_CHECK(check_cipher(*options.cipher, options));
    if(options.signature && signing && !pki::fits(*options.signature, *signing))
        return scep_error(errc::invalid_argument,
                          "the signature scheme does not fit a key of the kind " + std::string(pki::name_of(*signing)));
    // A server that is sent OAEP answers with OAEP.
    if(options.transport.scheme == pki::key_transport::kind::rsa_oaep &&
       !options.profile.allows(quirk::oaep_key_transport))
        return scep_error(errc::algorithm_not_allowed, "OAEP needs oaep_key_transport in the profile");
    if(options.transaction_id &&
       (options.transaction_id->empty() || options.transaction_id->size() > longest_transaction_id ||
        !asn1::is_printable_string(*options.transaction_id)))
        return scep_error(errc::invalid_argument, "a transactionID is a PrintableString of 1 to 256 characters",
                          "RFC 8894, 3.2.1.1");
    return success();
}

void conversation::trace(std::string_view name, std::string detail) const
{
    if(options.trace != nullptr)
        options.trace->on_event({.layer = "scep", .name = name, .detail = std::move(detail)});
}

// What is no SCEP answer at all is told apart from a bad one.
result<void> conversation::check_http(reply const& r, operation o) const
{
    auto const what = std::string(name_of(o));
    if(r.http_status >= 300 && r.http_status < 400)
        return http_error(errc::redirected,
                          what + " was answered with a redirect, which is never followed: use the final URL",
                          r.http_status);
    if(r.http_status != 200)
        return http_error(errc::http_status, what + " was answered with HTTP status " + std::to_string(r.http_status),
                          r.http_status);
    if(r.body.empty())
        return http_error(errc::truncated, what + " was answered with an empty body", r.http_status);
    if(looks_like_html(r.body))
        return http_error(errc::html_instead_of_scep, what + " was answered with a web page: check the path of the URL",
                          r.http_status);
    return success();
}

result<void> conversation::check_media_type(reply const& r, std::initializer_list<std::string_view> expected)
{
    auto const type = media_type_of(r.content_type);
    if(std::find(expected.begin(), expected.end(), type) != expected.end())
        return success();
    if(!options.profile.allows(quirk::wrong_media_type))
        return http_error(errc::wrong_media_type, "unexpected Content-Type " + in_code(type), r.http_status);
    tolerances.insert(quirk::wrong_media_type);
    return success();
}

send conversation::ask_capabilities()
{
    last_ = {.operation = operation::get_ca_caps, .message = options.ca_identifier};
    return last_;
}

// An error or a page here means a server without the operation (RFC 8894, 3.5.2); the floor says whether that will do.
result<send> conversation::on_capabilities(reply const& r)
{
    if(r.http_status >= 300 && r.http_status < 400)
        SCEPKIT_CHECK(check_http(r, operation::get_ca_caps));
    if(r.http_status == 200) {
        auto parsed = capabilities::parse(r.body, options.bounds);
        if(parsed)
            offered = *std::move(parsed);
        else if(parsed.error().code() != errc::html_instead_of_scep)
            return on_no_capabilities(parsed.error());
    }
    SCEPKIT_CHECK(agree());
    return last_ = ask_ca_certificates();
}

result<send> conversation::on_no_capabilities(error const& why)
{
    if(!options.profile.allows(quirk::capabilities_missing) || !is_a_server_without_a_list(why))
        return why;
    tolerances.insert(quirk::capabilities_missing);
    trace("capabilities", "none: " + why.to_string());
    offered = {};
    if(auto const agreed_upon = agree(); !agreed_upon) {
        auto details = agreed_upon.error().details();
        details.message += "; GetCACaps was answered with nothing: " + why.to_string();
        return error(agreed_upon.error().code(), std::move(details));
    }
    return last_ = ask_ca_certificates();
}

send conversation::ask_ca_certificates() const
{
    return {.operation = operation::get_ca_cert, .message = options.ca_identifier};
}

// What the caller has chosen needs no offer; it was held against floor and profile before anything was sent.
result<void> conversation::agree()
{
    auto assumed = offered;
    assumed.sha256 = assumed.sha256 || options.digest;
    assumed.aes = assumed.aes || options.cipher;
    SCEPKIT_TRY(agreed, negotiate(assumed, options.floor));
    agreed.digest = options.digest.value_or(agreed.digest);
    agreed.cipher = options.cipher.value_or(agreed.cipher);
    trace("capabilities", std::string(pki::name_of(agreed.digest)) + ", " + std::string(cms::name_of(agreed.cipher)) +
                              (agreed.use_post ? ", POST" : ", GET"));
    return success();
}

result<void> conversation::on_ca_certificates(reply const& r, time_point now)
{
    SCEPKIT_CHECK(check_http(r, operation::get_ca_cert));
    SCEPKIT_TRY(auto const bag, parse_ca_certificates(r.body, options.profile, options.bounds));
    SCEPKIT_TRY(identity, ca_identity::choose(bag, trust, options.profile, now));
    SCEPKIT_CHECK(check_media_type(r, {"application/x-x509-ca-cert", "application/x-x509-ca-ra-cert"}));
    tolerances.insert(identity->tolerances);
    trace("ca", (trust.is_first_use() ? "trust_on_first_use: " : "trusted: ") + to_hex(identity->issuing_ca.sha256()));
    return success();
}

result<void> conversation::resume(capabilities known, cms::certificate_bag const& bag, time_point now)
{
    offered = std::move(known);
    SCEPKIT_CHECK(agree());
    SCEPKIT_TRY(identity, ca_identity::choose(bag, trust, options.profile, now));
    tolerances.insert(identity->tolerances);
    return success();
}

send conversation::ask_next_ca()
{
    last_ = {.operation = operation::get_next_ca_cert, .message = options.ca_identifier};
    return last_;
}

result<bytes> conversation::seal(bytes_view content) const
{
    cms::seal_options sealing;
    sealing.cipher = agreed.cipher;
    sealing.transport = options.transport;
    if(identity->tolerances.contains(quirk::password_recipient)) {
        if(challenge.empty())
            return scep_error(errc::no_usable_recipient,
                              "the CA's key only signs: nothing reaches it but requests with a challenge",
                              "RFC 8894, 3.1");
        return cms::seal_with_password(content, challenge, sealing, random());
    }
    std::array const recipients{identity->recipient};
    return cms::seal(content, recipients, sealing, random());
}

result<send> conversation::say(message_type type, bytes_view content, pki::certificate const& signer,
                               pki::private_key const& key)
{
    SCEPKIT_TRY(nonce_, draw(random(), nonce_size));
    outgoing_message message;
    SCEPKIT_TRY(message.enveloped, seal(content));
    message.attributes.message_type = type;
    message.attributes.transaction_id = transaction_id;
    message.attributes.sender_nonce = nonce_;
    message.certificates = {signer};
    message.digest = agreed.digest;
    message.scheme = options.signature;
    SCEPKIT_TRY(auto body, build_message(message, signer, key));
    trace("send", std::string(name_of(type)) + ", transactionID " + transaction_id);
    last_ = {.operation = operation::pki_operation, .body = std::move(body), .post_allowed = agreed.use_post};
    return last_;
}

std::optional<send> conversation::again_by_get(reply const& r)
{
    if(last_.operation != operation::pki_operation || !last_.post_allowed || r.http_status != 200 || !r.body.empty() ||
       !options.profile.allows(quirk::empty_post_answer))
        return std::nullopt;
    tolerances.insert(quirk::empty_post_answer);
    trace("send", "POST was answered with nothing: the same by GET");
    agreed.use_post = false; // What follows goes by GET at once.
    last_.post_allowed = false;
    return last_;
}

result<verified_message> conversation::hear(reply const& r)
{
    SCEPKIT_CHECK(check_http(r, operation::pki_operation));
    SCEPKIT_TRY(auto parsed, parsed_message::parse(r.body, options.profile, options.bounds,
                                                   pki::crypto_context::default_context(), identity->all));
    if(parsed.attributes().message_type != message_type::cert_rep)
        return scep_error(errc::unknown_message_type, "the answer to a request must be a CertRep", "RFC 8894, 3.3.2");
    SCEPKIT_TRY(auto message, verified_message::verify(std::move(parsed), identity->all, options.profile));
    auto const& attributes = message.attributes();
    auto const& signers = identity->reply_signers;
    if(std::find(signers.begin(), signers.end(), message.signer()) == signers.end())
        return scep_error(errc::wrong_signer,
                          "the reply is signed by a certificate that is neither the CA's nor its RA's",
                          "RFC 8894, 3.2");
    if(attributes.transaction_id != transaction_id)
        return scep_error(errc::transaction_id_mismatch,
                          "the reply belongs to another transaction: a cache, or a replay", "RFC 8894, 3.2.1.1");
    if(*attributes.recipient_nonce != nonce_)
        return scep_error(errc::nonce_mismatch, "the reply answers another message: a cache, or a replay",
                          "RFC 8894, 3.2.1.5");
    SCEPKIT_CHECK(check_media_type(r, {"application/x-pki-message"}));
    tolerances.insert(message.tolerances());
    trace("reply", std::string(name_of(*attributes.pki_status)));
    return message;
}

rejected conversation::refusal(message_attributes const& attributes) const
{
    return rejected{attributes.fail_info, attributes.fail_info_text.value_or(""), attributes.microsoft_error,
                    tolerances};
}

} // namespace scepkit::inline v0::scep::detail
