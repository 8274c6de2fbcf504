// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_replies.hpp>

#include <base/try.hpp>
#include <scepkit/cms/certificate_bag.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr hresult invalid_argument_hresult{0x80070057};

bool is_aes(cms::content_cipher c) noexcept
{
    return c != cms::content_cipher::des_ede3_cbc && c != cms::content_cipher::des_cbc;
}

// DER sorts a SET OF by its elements' encodings.
void sort_as_der(std::vector<pki::certificate>& certificates)
{
    std::ranges::sort(certificates, [](auto const& a, auto const& b) {
        return std::ranges::lexicographical_compare(a.der(), b.der());
    });
}

result<bytes> seal(served_message const& c, success_answer const& said)
{
    auto const& options = c.with.options;
    auto const content = cms::certificate_bag::make(said.certificates, said.crls);
    cms::seal_options sealing;
    sealing.cipher = said.cipher;
    auto const route = route_to(c.signer(), c.tolerates());
    if(!route)
        return error(errc::key_not_allowed, "no envelope of this profile reaches the signer's key");
    switch(*route) {
    case reply_route::key_transport:
        if(options.microsoft_replies && is_aes(said.cipher)) {
            sealing.transport.scheme = pki::key_transport::kind::rsa_oaep;
            sealing.oaep_empty_parameters = true;
        } else if(options.oaep_follows_request && said.transport) {
            sealing.transport = *said.transport;
        }
        break;
    case reply_route::key_agreement: sealing.agreement_null_curve = options.microsoft_replies; break;
    case reply_route::password: return cms::seal_with_password(content, said.challenge, sealing, c.with.random());
    }
    std::array const recipients{c.signer()};
    return cms::seal(content, recipients, sealing, c.with.random());
}

} // namespace

std::optional<reply_route> route_to(pki::certificate const& signer, profile const& tolerances)
{
    auto const& key = signer.key();
    if(!key)
        return std::nullopt;
    if(key->is_rsa())
        return reply_route::key_transport;
    if(is_ec(key->kind()) && tolerances.allows(quirk::key_agreement))
        return reply_route::key_agreement;
    if(is_ec(key->kind()) && tolerances.allows(quirk::password_recipient))
        return reply_route::password;
    return std::nullopt;
}

refuse badly_made() { return {fail_info::bad_message_check, {}, {}}; }

success_answer plain_answer(cms::opened const& request, std::vector<pki::certificate> certificates,
                            std::vector<bytes> crls)
{
    success_answer out;
    out.certificates = std::move(certificates);
    out.crls = std::move(crls);
    out.cipher = request.cipher;
    if(request.by == cms::recipient::kind::key_transport)
        out.transport = request.transport;
    return out;
}

success_answer certificate_answer(served_message const& c, cms::opened const& request, pki::certificate leaf,
                                  secret_bytes const* challenge)
{
    auto const& options = c.with.options;
    std::vector<pki::certificate> all{std::move(leaf)};
    switch(options.replies) {
    case reply_certificates::leaf: break;
    case reply_certificates::leaf_and_issuing_ca: all.push_back(c.with.issuing_ca()); break;
    case reply_certificates::leaf_and_chain:
        all.insert(all.end(), options.ca_chain.begin(), options.ca_chain.end());
        break;
    }
    if(options.order == reply_order::der)
        sort_as_der(all);
    auto out = plain_answer(request, std::move(all));
    if(challenge != nullptr)
        out.challenge = challenge->clone();
    return out;
}

result<bytes> make_reply(served_message const& c, verdict const& said)
{
    auto const& options = c.with.options;
    auto const& request = c.message;
    outgoing_message out;
    auto& a = out.attributes;
    a.message_type = message_type::cert_rep;
    a.transaction_id = request.attributes().transaction_id;
    a.recipient_nonce = request.attributes().sender_nonce;
    a.sender_nonce.assign(c.drawn.sender_nonce.begin(), c.drawn.sender_nonce.end());
    // MD5 is read from the oldest devices, never written.
    out.digest = request.digest() == pki::digest_algorithm::md5 ? pki::digest_algorithm::sha1 : request.digest();
    out.scheme = options.signature;
    if(options.microsoft_replies)
        out.enveloped = bytes{0};
    else
        out.certificates.push_back(options.signing.certificate);

    if(auto const* success = std::get_if<success_answer>(&said)) {
        a.pki_status = pki_status::success;
        SCEPKIT_TRY(out.enveloped, seal(c, *success));
        if(options.microsoft_replies && success->crls.empty())
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
    c.with.trace("answer", std::string(name_of(request.attributes().message_type)) + ": " +
                               std::string(name_of(*a.pki_status)) +
                               (a.fail_info ? " " + std::string(name_of(*a.fail_info)) : std::string{}));
    return body;
}

} // namespace scepkit::inline v0::scep::detail
