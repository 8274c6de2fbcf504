// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/enrollment.hpp>

#include <base/try.hpp>
#include <scep/detail/html.hpp>
#include <scep/detail/reply_check.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t nonce_size = 16;
constexpr std::size_t serial_size = 16;
// A throw-away signer outlives any sensible wait for an administrator, and begins early enough for a slow clock.
constexpr std::chrono::hours signer_backdate{24};
constexpr std::chrono::hours signer_lifetime{24 * 90};

error fail(errc code, std::string message, std::string reference = {})
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = std::move(reference)}};
}

error http_error(errc code, std::string message, unsigned status)
{
    return {
        code,
        diagnostics{.message = std::move(message), .layer = "http", .http_status = status, .reference = "RFC 8894, 4"}};
}

std::string in_code(std::string_view text) { return '"' + escape_controls(text.substr(0, 64)) + '"'; }

result<bytes> draw(random_source& from, std::size_t size)
{
    bytes out(size);
    SCEPKIT_CHECK(from.fill(out));
    return out;
}

} // namespace

struct enrollment::state {
    enum class place { before_start, capabilities, ca_certificates, enrolling, waiting, done };

    state(enrollment_request r, std::shared_ptr<pki::decrypter const> d, ca_trust t, enrollment_options o)
        : wanted(std::move(r)), decrypter(std::move(d)), trust(std::move(t)), options(std::move(o))
    {
    }

    enrollment_request wanted;
    std::shared_ptr<pki::decrypter const> decrypter; ///< For the reply; of the key that signs the request.
    ca_trust trust;
    enrollment_options options;
    place at = place::before_start;
    negotiated agreed;
    std::optional<ca_identity> ca;
    std::optional<pki::certificate> signer;
    std::string transaction_id;
    bytes nonce;
    unsigned polls = 0;
    std::chrono::seconds next_wait{};
    quirk_set tolerances;

    random_source& random() const { return options.random != nullptr ? *options.random : system_random(); }
    pki::private_key const& signing_key() const { return wanted.signer_key ? *wanted.signer_key : wanted.key; }

    void trace(std::string_view name, std::string detail) const
    {
        if(options.trace != nullptr)
            options.trace->on_event({.layer = "scep", .name = name, .detail = std::move(detail)});
    }

    result<step> on_capabilities(reply const& r);
    result<step> on_ca_certificates(reply const& r, time_point now);
    result<step> on_cert_rep(reply const& r, time_point now);

    result<void> check_http(reply const& r, operation o);
    result<void> check_media_type(reply const& r, std::initializer_list<std::string_view> expected);
    result<void> make_signer(time_point now);
    result<step> send_message(message_type type, bytes_view content);
    result<enrollment_outcome> on_success(verified_message const& message, time_point now);
    result<step> on_pending();
    enrollment_outcome on_failure(message_attributes const& attributes) const;
};

// What is no SCEP answer at all is told apart from a bad one.
result<void> enrollment::state::check_http(reply const& r, operation o)
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
    if(detail::looks_like_html(r.body))
        return http_error(errc::html_instead_of_scep, what + " was answered with a web page: check the path of the URL",
                          r.http_status);
    return success();
}

result<void> enrollment::state::check_media_type(reply const& r, std::initializer_list<std::string_view> expected)
{
    auto const type = detail::media_type_of(r.content_type);
    if(std::find(expected.begin(), expected.end(), type) != expected.end())
        return success();
    if(!options.profile.allows(quirk::wrong_media_type))
        return http_error(errc::wrong_media_type, "unexpected Content-Type " + in_code(type), r.http_status);
    tolerances.insert(quirk::wrong_media_type);
    return success();
}

// An error or a page here means a server without the operation (RFC 8894, 3.5.2); the floor says whether that will do.
result<enrollment::step> enrollment::state::on_capabilities(reply const& r)
{
    if(r.http_status >= 300 && r.http_status < 400)
        SCEPKIT_CHECK(check_http(r, operation::get_ca_caps));
    capabilities offered;
    if(r.http_status == 200) {
        auto parsed = capabilities::parse(r.body, options.bounds);
        if(parsed)
            offered = *std::move(parsed);
        else if(parsed.error().code() != errc::html_instead_of_scep)
            return parsed.error();
    }
    SCEPKIT_TRY(agreed, negotiate(offered, options.floor));
    trace("capabilities", std::string(pki::name_of(agreed.digest)) + ", " + std::string(cms::name_of(agreed.cipher)) +
                              (agreed.use_post ? ", POST" : ", GET"));
    at = place::ca_certificates;
    return step{send{.operation = operation::get_ca_cert, .message = options.ca_identifier}};
}

result<enrollment::step> enrollment::state::on_ca_certificates(reply const& r, time_point now)
{
    SCEPKIT_CHECK(check_http(r, operation::get_ca_cert));
    SCEPKIT_TRY(auto const bag, parse_ca_certificates(r.body, options.profile, options.bounds));
    SCEPKIT_TRY(ca, ca_identity::choose(bag, trust, options.profile, now));
    SCEPKIT_CHECK(check_media_type(r, {"application/x-x509-ca-cert", "application/x-x509-ca-ra-cert"}));
    tolerances.insert(ca->tolerances);
    trace("ca", (trust.is_first_use() ? "trust_on_first_use: " : "trusted: ") + to_hex(ca->issuing_ca.sha256()));

    SCEPKIT_TRY(transaction_id, transaction_id_for(wanted.key.public_key()));
    SCEPKIT_CHECK(make_signer(now));
    at = place::enrolling;
    return send_message(message_type::pkcs_req, wanted.request.der());
}

result<void> enrollment::state::make_signer(time_point now)
{
    if(wanted.signer) {
        signer = wanted.signer;
        return success();
    }
    pki::certificate_template content;
    content.subject = wanted.request.subject();
    content.not_before = now - signer_backdate;
    content.not_after = now + signer_lifetime;
    SCEPKIT_TRY(content.serial, draw(random(), serial_size));
    content.serial.front() = static_cast<std::uint8_t>((content.serial.front() & 0x3f) | 0x40);
    auto usage = pki::make_key_usage(pki::key_usage::digital_signature | pki::key_usage::key_encipherment);
    content.extensions.push_back(std::move(usage));
    content.digest = agreed.digest;
    SCEPKIT_TRY(signer, pki::make_certificate(content, wanted.key.public_key(), content.subject, wanted.key));
    return success();
}

result<enrollment::step> enrollment::state::send_message(message_type type, bytes_view content)
{
    SCEPKIT_TRY(nonce, draw(random(), nonce_size));
    cms::seal_options sealing;
    sealing.cipher = agreed.cipher;
    std::array const recipients{ca->recipient};
    outgoing_message message;
    SCEPKIT_TRY(message.enveloped, cms::seal(content, recipients, sealing, random()));
    message.attributes.message_type = type;
    message.attributes.transaction_id = transaction_id;
    message.attributes.sender_nonce = nonce;
    message.certificates = {*signer};
    message.digest = agreed.digest;
    SCEPKIT_TRY(auto body, build_message(message, *signer, signing_key()));
    trace("send", std::string(name_of(type)) + ", transactionID " + transaction_id);
    return step{send{.operation = operation::pki_operation, .body = std::move(body), .post_allowed = agreed.use_post}};
}

result<enrollment::step> enrollment::state::on_cert_rep(reply const& r, time_point now)
{
    SCEPKIT_CHECK(check_http(r, operation::pki_operation));
    SCEPKIT_TRY(auto parsed, parsed_message::parse(r.body, options.profile, options.bounds));
    if(parsed.attributes().message_type != message_type::cert_rep)
        return fail(errc::unknown_message_type, "the answer to a request must be a CertRep", "RFC 8894, 3.3.2");
    SCEPKIT_TRY(auto const message, verified_message::verify(std::move(parsed), ca->all, options.profile));
    auto const& attributes = message.attributes();
    auto const& signers = ca->reply_signers;
    if(std::find(signers.begin(), signers.end(), message.signer()) == signers.end())
        return fail(errc::wrong_signer, "the reply is signed by a certificate that is neither the CA's nor its RA's",
                    "RFC 8894, 3.2");
    if(attributes.transaction_id != transaction_id)
        return fail(errc::transaction_id_mismatch, "the reply belongs to another transaction: a cache, or a replay",
                    "RFC 8894, 3.2.1.1");
    if(*attributes.recipient_nonce != nonce)
        return fail(errc::nonce_mismatch, "the reply answers another message: a cache, or a replay",
                    "RFC 8894, 3.2.1.5");
    SCEPKIT_CHECK(check_media_type(r, {"application/x-pki-message"}));
    tolerances.insert(message.tolerances());
    trace("reply", std::string(name_of(*attributes.pki_status)));

    if(*attributes.pki_status == pki_status::pending)
        return on_pending();
    at = place::done;
    if(*attributes.pki_status == pki_status::failure)
        return step{on_failure(attributes)};
    SCEPKIT_TRY(auto outcome, on_success(message, now));
    return step{std::move(outcome)};
}

result<enrollment_outcome> enrollment::state::on_success(verified_message const& message, time_point now)
{
    SCEPKIT_TRY(auto const opened, message.open(*signer, *decrypter, options.profile, options.bounds));
    SCEPKIT_TRY(auto outcome, detail::check_issued(opened.content.view(), wanted.key.public_key(), *ca, options.profile,
                                                   options.bounds, now));
    outcome.microsoft_disposition = message.attributes().microsoft_disposition;
    outcome.tolerances.insert(tolerances);
    outcome.tolerances.insert(opened.tolerances);
    return enrollment_outcome{std::move(outcome)};
}

result<enrollment::step> enrollment::state::on_pending()
{
    auto const& policy = options.polling;
    if(policy.attempts == 0) {
        at = place::done;
        return step{enrollment_outcome{pending{transaction_id, tolerances}}};
    }
    if(polls == policy.attempts)
        return fail(errc::polling_exhausted, "the CA still says PENDING after " + std::to_string(polls) + " polls",
                    "RFC 8894, 4.4");
    auto const longest = std::max(policy.longest, policy.interval);
    next_wait = polls == 0 ? policy.interval : std::min(next_wait > longest / 2 ? longest : next_wait * 2, longest);
    ++polls;
    at = place::waiting;
    return step{wait{next_wait}};
}

enrollment_outcome enrollment::state::on_failure(message_attributes const& attributes) const
{
    return rejected{attributes.fail_info, attributes.fail_info_text.value_or(""), attributes.microsoft_error,
                    tolerances};
}

enrollment::enrollment(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
enrollment::enrollment(enrollment&&) noexcept = default;
enrollment& enrollment::operator=(enrollment&&) noexcept = default;
enrollment::~enrollment() = default;

result<enrollment> enrollment::create(enrollment_request request, ca_trust trust, enrollment_options options)
{
    if(!request.key.public_key().is_rsa())
        return fail(errc::unsupported, "a reply can only be encrypted to an RSA key");
    auto const& requested = request.request.key();
    if(!requested)
        return requested.error();
    if(*requested != request.key.public_key())
        return fail(errc::invalid_argument, "the request is for another key");
    if(!request.request.verify(request.key.public_key()))
        return fail(errc::invalid_argument, "the request is not signed by its own key");
    if(request.signer.has_value() != request.signer_key.has_value())
        return fail(errc::invalid_argument, "a signer is a certificate and its key");
    if(request.signer) {
        if(!request.signer_key->public_key().is_rsa())
            return fail(errc::unsupported, "a reply can only be encrypted to an RSA key");
        if(!request.signer->key() || *request.signer->key() != request.signer_key->public_key())
            return fail(errc::invalid_argument, "the signer's certificate is for another key");
    }
    if(options.polling.interval.count() < 0)
        return fail(errc::invalid_argument, "a negative polling interval");
    // The CA encrypts to whoever signed the request. A key that cannot decrypt is found out before the CA has issued.
    SCEPKIT_TRY(auto decrypter, pki::software_decrypter::create(request.signer_key.value_or(request.key)));
    return enrollment(
        std::make_unique<state>(std::move(request), std::move(decrypter), std::move(trust), std::move(options)));
}

result<enrollment::step> enrollment::start()
{
    if(!state_ || state_->at != state::place::before_start)
        return fail(errc::state_misuse, "an enrolment starts once");
    state_->at = state::place::capabilities;
    return step{send{.operation = operation::get_ca_caps, .message = state_->options.ca_identifier}};
}

result<enrollment::step> enrollment::on_no_reply(error const& why, time_point)
{
    if(state_)
        state_->at = state::place::done;
    return why;
}

result<enrollment::step> enrollment::on_reply(scep::reply const& r, time_point now)
{
    if(!state_)
        return fail(errc::state_misuse, "this enrolment was moved from");
    auto const next = [&]() -> result<step> {
        switch(state_->at) {
        case state::place::capabilities: return state_->on_capabilities(r);
        case state::place::ca_certificates: return state_->on_ca_certificates(r, now);
        case state::place::enrolling: return state_->on_cert_rep(r, now);
        case state::place::before_start:
        case state::place::waiting:
        case state::place::done: break;
        }
        return fail(errc::state_misuse, "nothing was sent that this could answer");
    }();
    // An enrolment that failed once stays failed: no second try with a state that is half of something.
    if(!next && next.error().code() != errc::state_misuse)
        state_->at = state::place::done;
    return next;
}

result<enrollment::step> enrollment::on_timer()
{
    if(!state_ || state_->at != state::place::waiting)
        return fail(errc::state_misuse, "the enrolment waits for no timer");
    state_->at = state::place::enrolling;
    auto const names = make_issuer_and_subject(state_->ca->issuing_ca.subject(), state_->wanted.request.subject());
    auto next = state_->send_message(message_type::cert_poll, names);
    if(!next)
        state_->at = state::place::done;
    return next;
}

} // namespace scepkit::inline v0::scep
