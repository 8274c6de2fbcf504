// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/reply_opener.hpp>

#include <base/try.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

error unsupported(pki::key_kind kind)
{
    auto const name = std::string(pki::name_of(kind));
    return {errc::unsupported,
            diagnostics{.message = pki::is_ec(kind)
                                       ? "no reply can be encrypted to a signer with a " + name +
                                             " key: enable key_agreement, or put a challenge into the request and "
                                             "enable password_recipient"
                                       : "no reply can be encrypted to a signer with a " + name +
                                             " key: put a challenge into the request and enable password_recipient",
                        .layer = "scep",
                        .reference = "RFC 8894, 3.1"}};
}

} // namespace

result<reply_opener> reply_opener::create(pki::private_key const& key, std::shared_ptr<pki::decrypter const> given,
                                          secret_bytes challenge, profile const& tolerances)
{
    auto const kind = key.kind();
    auto const is_rsa = kind == pki::key_kind::rsa;
    auto const by_password = !is_rsa && !challenge.empty() && tolerances.allows(quirk::password_recipient);
    if(!by_password)
        challenge = {};
    if(is_rsa || (pki::is_ec(kind) && tolerances.allows(quirk::key_agreement))) {
        if(given)
            return reply_opener(std::move(given), std::move(challenge));
        // The CA encrypts to whoever signed the request. A key that cannot decrypt is found out before the CA has
        // issued.
        auto made = pki::software_decrypter::create(key);
        if(made)
            return reply_opener(*std::move(made), std::move(challenge));
        if(!by_password)
            return made.error();
    }
    if(!by_password)
        return unsupported(kind);
    return reply_opener(nullptr, std::move(challenge));
}

bool reply_opener::comes_by_password(verified_message const& message, profile const& tolerances,
                                     limits const& bounds) const
{
    if(challenge_.empty())
        return false;
    if(!decrypter_)
        return true;
    auto const content = message.content();
    if(!content)
        return false;
    auto const envelope = cms::enveloped_data::parse(*content, tolerances.allowed, bounds);
    return envelope && std::ranges::any_of(envelope->recipients(),
                                           [](auto const& r) { return r.type == cms::recipient::kind::password; });
}

result<cms::opened> reply_opener::open(verified_message const& message, pki::certificate const& own,
                                       profile const& tolerances, limits const& bounds) const
{
    SCEPKIT_TRY(auto opened, comes_by_password(message, tolerances, bounds)
                                 ? message.open_with_password(challenge_, tolerances, 1'000'000, bounds)
                                 : message.open(own, *decrypter_, tolerances, bounds));
    // A wrong key is not seen as such: what it gives passes for padded content once in 256 times.
    auto const content = opened.content.view();
    bool const is_sequence = !content.empty() && content.front() == static_cast<std::uint8_t>(asn1::tag::sequence);
    if(!is_sequence && !cms::is_authenticated(opened.cipher))
        return error(errc::decryption_failed,
                     diagnostics{.message = "what came out of the envelope is no message: it is encrypted for another "
                                            "key or challenge",
                                 .layer = "scep",
                                 .reference = "RFC 8894, 3.1"});
    return opened;
}

} // namespace scepkit::inline v0::scep::detail
