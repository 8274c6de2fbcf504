// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/message.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t nonce_size = 16;
constexpr std::size_t longest_nonce = 64;
constexpr std::size_t longest_transaction_id = 256;
constexpr std::size_t longest_fail_info = 64;
constexpr std::size_t longest_text = 1024;

error fail(errc code, std::string message, std::string reference = "RFC 8894, 3.2.1")
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = std::move(reference)}};
}

constexpr std::array message_types{message_type::cert_rep, message_type::renewal_req, message_type::update_req,
                                   message_type::pkcs_req, message_type::cert_poll,   message_type::get_cert,
                                   message_type::get_crl};

// "19", and nothing else that some number parser would take for 19.
template <class Enum>
bool is_written_as(Enum value, std::string_view text)
{
    return std::to_string(static_cast<int>(value)) == text;
}

bool is_printable_ascii(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Reads attributes of one message and notes what had to be overlooked.
class attribute_reader
{
public:
    attribute_reader(cms::signed_data const& from, profile const& tolerances) : from_(from), tolerances_(tolerances) {}

    result<std::optional<asn1::element>> find(asn1::oid const& type, std::string_view name) const
    {
        cms::attribute const* found = nullptr;
        for(auto const& a : from_.signed_attributes()) {
            if(a.type != type)
                continue;
            if(found != nullptr)
                return fail(errc::attribute_doubled, std::string(name) + " is there twice");
            found = &a;
        }
        if(found == nullptr)
            return std::optional<asn1::element>{};
        if(found->values.size() != 1)
            return fail(found->values.empty() ? errc::attribute_malformed : errc::attribute_doubled,
                        std::string(name) + " must have exactly one value");
        asn1::reader reader(found->values.front());
        auto value = reader.read_any();
        if(!value || !reader.finish())
            return fail(errc::attribute_malformed, std::string(name) + " is not one value");
        return std::optional(*value);
    }

    result<std::optional<std::string>> text(asn1::oid const& type, std::string_view name, std::size_t longest)
    {
        SCEPKIT_TRY(auto value, find(type, name));
        if(!value)
            return std::optional<std::string>{};
        auto text = std::string(as_text(value->content));
        if(value->tag != asn1::tag::printable_string || !asn1::is_printable_string(text)) {
            auto converted = asn1::string_of(*value);
            if(!tolerances_.allows(quirk::text_attribute_type) || !converted)
                return fail(errc::attribute_malformed, std::string(name) + " must be a PrintableString");
            tolerated.insert(quirk::text_attribute_type);
            text = *std::move(converted);
        }
        if(text.size() > longest)
            return fail(errc::attribute_malformed, std::string(name) + " is too long");
        return std::optional(std::move(text));
    }

    result<std::string> required_text(asn1::oid const& type, std::string_view name, std::size_t longest)
    {
        SCEPKIT_TRY(auto found, text(type, name, longest));
        if(!found)
            return fail(errc::attribute_missing, std::string(name) + " is not among the signed attributes");
        return *std::move(found);
    }

    result<std::optional<bytes>> nonce(asn1::oid const& type, std::string_view name)
    {
        SCEPKIT_TRY(auto value, find(type, name));
        if(!value)
            return std::optional<bytes>{};
        auto const size = value->content.size();
        if(value->tag != asn1::tag::octet_string || size == 0 || size > longest_nonce)
            return fail(errc::attribute_malformed, std::string(name) + " must be an OCTET STRING of 16 bytes");
        if(size != nonce_size) {
            if(!tolerances_.allows(quirk::short_nonce))
                return fail(errc::attribute_malformed, std::string(name) + " must have 16 bytes");
            tolerated.insert(quirk::short_nonce);
        }
        return std::optional(to_bytes(value->content));
    }

    bool allows(quirk q)
    {
        if(tolerances_.allows(q))
            tolerated.insert(q);
        return tolerances_.allows(q);
    }

    quirk_set tolerated;

private:
    cms::signed_data const& from_;
    profile const& tolerances_;
};

result<void> read_common(attribute_reader& from, message_attributes& to)
{
    namespace oids = asn1::oids;
    SCEPKIT_TRY(auto const type, from.required_text(oids::message_type, "messageType", longest_text));
    auto const known =
        std::find_if(message_types.begin(), message_types.end(), [&](auto t) { return is_written_as(t, type); });
    if(known == message_types.end())
        return fail(errc::unknown_message_type,
                    "messageType is \"" + escape_controls(type.substr(0, 32)) + "\", which is none of RFC 8894's",
                    "RFC 8894, 3.2.1.2");
    to.message_type = *known;

    SCEPKIT_TRY(to.transaction_id, from.required_text(oids::transaction_id, "transactionID", longest_transaction_id));
    if(to.transaction_id.empty() || !is_printable_ascii(to.transaction_id))
        return fail(errc::attribute_malformed, "transactionID must be printable text", "RFC 8894, 3.2.1.1");

    SCEPKIT_TRY(auto sender, from.nonce(oids::sender_nonce, "senderNonce"));
    if(!sender && !(to.message_type == message_type::cert_rep && from.allows(quirk::sender_nonce_missing)))
        return fail(errc::attribute_missing, "senderNonce is not among the signed attributes", "RFC 8894, 3.2.1.5");
    to.sender_nonce = std::move(sender).value_or(bytes{});
    SCEPKIT_TRY(to.recipient_nonce, from.nonce(oids::recipient_nonce, "recipientNonce"));
    return success();
}

result<void> read_fail_info(attribute_reader& from, message_attributes& to)
{
    namespace oids = asn1::oids;
    SCEPKIT_TRY(auto code, from.required_text(oids::fail_info, "failInfo", longest_fail_info));
    constexpr std::array known{fail_info::bad_alg, fail_info::bad_message_check, fail_info::bad_request,
                               fail_info::bad_time, fail_info::bad_cert_id};
    auto const found = std::find_if(known.begin(), known.end(), [&](auto f) { return is_written_as(f, code); });
    if(found != known.end()) {
        to.fail_info = *found;
    } else {
        if(!from.allows(quirk::fail_info_unknown))
            return fail(errc::attribute_malformed, "failInfo is none of RFC 8894's", "RFC 8894, 3.2.1.4");
        to.fail_info_code = std::move(code);
    }
    SCEPKIT_TRY(auto const text, from.find(oids::fail_info_text, "failInfoText"));
    if(text) {
        auto words = asn1::string_of(*text);
        if(!words || words->size() > longest_text)
            return fail(errc::attribute_malformed, "failInfoText must be a UTF8String of reasonable length",
                        "RFC 8894, 3.2.1.4.2");
        if(text->tag != asn1::tag::utf8_string && !from.allows(quirk::text_attribute_type))
            return fail(errc::attribute_malformed, "failInfoText must be a UTF8String", "RFC 8894, 3.2.1.4.2");
        to.fail_info_text = *std::move(words);
    }
    return success();
}

void read_microsoft(attribute_reader const& from, message_attributes& to)
{
    if(auto const value = from.find(asn1::oids::microsoft_scep_error, "the SCEP error"); value && *value) {
        if(auto const text = asn1::string_of(**value)) {
            std::int64_t number = 0;
            auto const* const end = text->data() + text->size();
            auto const [stop, bad] = std::from_chars(text->data(), end, number);
            if(bad == std::errc{} && stop == end && number >= INT32_MIN && number <= INT64_C(0xffffffff))
                to.microsoft_error = hresult{static_cast<std::uint32_t>(number)};
        }
    }
    if(auto const value = from.find(asn1::oids::microsoft_disposition, "the disposition"); value && *value) {
        if(auto text = asn1::string_of(**value); text && text->size() <= longest_text)
            to.microsoft_disposition = *std::move(text);
    }
}

result<void> read_reply(attribute_reader& from, cms::signed_data const& message, message_attributes& to)
{
    namespace oids = asn1::oids;
    SCEPKIT_TRY(auto const status, from.required_text(oids::pki_status, "pkiStatus", longest_text));
    constexpr std::array known{pki_status::success, pki_status::failure, pki_status::pending};
    auto const found = std::find_if(known.begin(), known.end(), [&](auto s) { return is_written_as(s, status); });
    if(found == known.end())
        return fail(errc::attribute_malformed, "pkiStatus is none of RFC 8894's", "RFC 8894, 3.2.1.3");
    to.pki_status = *found;
    if(!to.recipient_nonce)
        return fail(errc::attribute_missing, "recipientNonce is not among the signed attributes", "RFC 8894, 3.2.1.5");
    if(*found == pki_status::failure)
        SCEPKIT_CHECK(read_fail_info(from, to));
    if(*found != pki_status::success && message.content() && !from.allows(quirk::content_in_refusal))
        return fail(errc::bad_value, "a refusal with content", "RFC 8894, 3.3.2");
    read_microsoft(from, to);
    return success();
}

result<void> check_content_type(attribute_reader& from, asn1::oid const& type)
{
    if(type == asn1::oids::data || (type == asn1::oids::enveloped_data && from.allows(quirk::enveloped_content_type)))
        return success();
    return fail(errc::wrong_content_type, "a pkiMessage signs content of the type id-data", "RFC 8894, 3.2");
}

} // namespace

std::string_view name_of(message_type t) noexcept
{
    switch(t) {
    case message_type::cert_rep: return "CertRep";
    case message_type::renewal_req: return "RenewalReq";
    case message_type::update_req: return "UpdateReq";
    case message_type::pkcs_req: return "PKCSReq";
    case message_type::cert_poll: return "CertPoll";
    case message_type::get_cert: return "GetCert";
    case message_type::get_crl: return "GetCRL";
    }
    return "unknown";
}

std::string_view name_of(pki_status s) noexcept
{
    switch(s) {
    case pki_status::success: return "SUCCESS";
    case pki_status::failure: return "FAILURE";
    case pki_status::pending: return "PENDING";
    }
    return "unknown";
}

std::string_view name_of(fail_info f) noexcept
{
    switch(f) {
    case fail_info::bad_alg: return "badAlg";
    case fail_info::bad_message_check: return "badMessageCheck";
    case fail_info::bad_request: return "badRequest";
    case fail_info::bad_time: return "badTime";
    case fail_info::bad_cert_id: return "badCertId";
    }
    return "unknown";
}

parsed_message::parsed_message(cms::signed_data s, message_attributes a, quirk_set t, pki::crypto_context c)
    : signed_(std::move(s)), attributes_(std::move(a)), tolerances_(t), context_(std::move(c))
{
}

result<parsed_message> parsed_message::parse(bytes_view message, profile const& tolerances, limits const& bounds,
                                             pki::crypto_context const& context,
                                             std::span<pki::certificate const> known)
{
    SCEPKIT_TRY(auto signed_message, cms::signed_data::parse(message, tolerances.allowed, bounds, context, known));
    attribute_reader from(signed_message, tolerances);
    SCEPKIT_CHECK(check_content_type(from, signed_message.content_type()));
    // Anybody can read it there; a server that used it would be as good as one without a challenge.
    if(signed_message.find(asn1::oids::challenge_password) != nullptr && !from.allows(quirk::challenge_in_clear))
        return fail(errc::attribute_malformed, "the challenge stands readable among the signed attributes",
                    "RFC 8894, 3.1");
    message_attributes attributes;
    SCEPKIT_CHECK(read_common(from, attributes));
    if(attributes.message_type == message_type::cert_rep)
        SCEPKIT_CHECK(read_reply(from, signed_message, attributes));
    auto tolerated = signed_message.tolerances();
    tolerated.insert(from.tolerated);
    return parsed_message(std::move(signed_message), std::move(attributes), tolerated, context);
}

verified_message::verified_message(parsed_message m, cms::verified_signed_data v, quirk_set t)
    : message_(std::move(m)), verified_(std::move(v)), tolerances_(t)
{
}

result<verified_message> verified_message::verify(parsed_message message, std::span<pki::certificate const> others,
                                                  profile const& tolerances)
{
    SCEPKIT_TRY(auto verified, cms::verified_signed_data::verify(message.signed_data(), others, tolerances.allowed));
    auto tolerated = message.tolerances();
    tolerated.insert(verified.tolerances());
    return verified_message(std::move(message), std::move(verified), tolerated);
}

result<cms::opened> verified_message::open(pki::certificate const& own, pki::decrypter const& key,
                                           profile const& tolerances, limits const& bounds) const
{
    auto const inner = content();
    if(!inner)
        return fail(errc::content_missing, "the message has no enveloped content", "RFC 8894, 3.2.2");
    SCEPKIT_TRY(auto const envelope, cms::enveloped_data::parse(*inner, tolerances.allowed, bounds));
    return cms::open(envelope, own, key, tolerances.allowed, message_.context_);
}

result<cms::opened> verified_message::open_with_password(secret_bytes const& password, profile const& tolerances,
                                                         std::uint32_t most_iterations, limits const& bounds) const
{
    auto const inner = content();
    if(!inner)
        return fail(errc::content_missing, "the message has no enveloped content", "RFC 8894, 3.2.2");
    SCEPKIT_TRY(auto const envelope, cms::enveloped_data::parse(*inner, tolerances.allowed, bounds));
    return cms::open_with_password(envelope, password, tolerances.allowed, most_iterations, message_.context_);
}

} // namespace scepkit::inline v0::scep
