// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/profile.hpp>

#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep {

namespace {

// What RFC 8894 itself allows or asks a reader to bear, and what costs no safety: BER (RFC 5652), 3DES ("DES3"), OAEP,
// replies under the challenge (3.1), a CA without keyEncipherment, media types that nobody gets right, attributes in
// another order (hashed as received), a signer of another name, base64 as URLs garble it.
constexpr quirk_set common{quirk::ber_encoding,          quirk::triple_des,
                           quirk::oaep_key_transport,    quirk::oaep_empty_parameters,
                           quirk::password_recipient,    quirk::lone_ca_recipient,
                           quirk::attributes_unsorted,   quirk::wrong_media_type,
                           quirk::loose_get_message,     quirk::enveloped_content_type,
                           quirk::signer_subject_differs};

constexpr quirk_set with(quirk_set base, quirk_set const& more)
{
    base.insert(more);
    return base;
}

// The tools' default too: step-ca writes failInfoText as a PrintableString, and its words are worth having.
constexpr quirk_set ndes_set =
    with(common, {quirk::sha1_signature, quirk::signer_certificate_outside, quirk::content_in_refusal,
                  quirk::signer_key_differs, quirk::bag_with_content, quirk::text_attribute_type, quirk::key_agreement,
                  quirk::key_agreement_null_curve, quirk::renewal_as_pkcs_req, quirk::capabilities_missing,
                  quirk::empty_post_answer, quirk::existing_certificate_returned});
constexpr quirk_set windows_set =
    with(common, {quirk::sha1_signature, quirk::signer_key_differs, quirk::key_agreement, quirk::renewal_as_pkcs_req});
constexpr quirk_set apple_set = with(common, {quirk::sha1_signature, quirk::short_nonce, quirk::sender_nonce_missing,
                                              quirk::weak_pin, quirk::challenge_in_clear});
constexpr quirk_set cisco_set =
    with(common, {quirk::md5_signature, quirk::sha1_signature, quirk::single_des, quirk::text_attribute_type,
                  quirk::short_nonce, quirk::content_in_refusal, quirk::bag_with_content, quirk::renewal_as_pkcs_req,
                  quirk::capabilities_missing});

quirk_set everything()
{
    quirk_set set;
    for(auto q : cms::all_quirks())
        set.insert(q);
    return set;
}

// Function-local, so that no profile is read before it is made, whoever's static object asks.
std::array<profile, 7> const& table()
{
    static std::array<profile, 7> const profiles{profile{"rfc8894", common},      profile{"ndes", ndes_set},
                                                 profile{"apple", apple_set},     profile{"cisco-ios", cisco_set},
                                                 profile{"windows", windows_set}, profile{"legacy", everything()},
                                                 profile{"strict", quirk_set{}}};
    return profiles;
}

} // namespace

profile const& profile::rfc8894() { return table()[0]; }
profile const& profile::ndes() { return table()[1]; }
profile const& profile::apple() { return table()[2]; }
profile const& profile::cisco_ios() { return table()[3]; }
profile const& profile::windows() { return table()[4]; }
profile const& profile::legacy() { return table()[5]; }
profile const& profile::strict() { return table()[6]; }

std::span<profile const> profile::all() { return table(); }

result<profile> profile::named(std::string_view name)
{
    auto const refusal = [](std::string message) {
        return error(errc::invalid_argument, diagnostics{.message = std::move(message), .layer = "scep"});
    };
    auto const base_end = std::min(name.find_first_of("+-", 0), name.size());
    // "cisco-ios" has a minus of its own.
    auto base = std::find_if(table().begin(), table().end(), [&](profile const& p) {
        return name.starts_with(p.name) &&
               (name.size() == p.name.size() || name[p.name.size()] == '+' || name[p.name.size()] == '-');
    });
    if(base == table().end()) {
        std::string known;
        for(auto const& p : table()) {
            known += known.empty() ? "" : ", ";
            known += p.name;
        }
        return refusal("no such profile as \"" + escape_controls(name.substr(0, base_end)) + "\"; there are " + known);
    }
    auto chosen = *base;
    for(auto rest = name.substr(base->name.size()); !rest.empty();) {
        bool const on = rest.front() == '+';
        auto const item = rest.substr(1, rest.find_first_of("+-", 1) - 1);
        auto const which = cms::quirk_from_name(item);
        if(!which)
            return refusal("no such item of a profile as \"" + escape_controls(item.substr(0, 64)) +
                           "\"; docs/quirks.md lists them");
        if(on)
            chosen.allowed.insert(*which);
        else
            chosen.allowed.erase(*which);
        rest.remove_prefix(1 + item.size());
    }
    chosen.name = name;
    return chosen;
}

std::string profile::dump() const
{
    std::string text;
    for(auto q : cms::all_quirks()) {
        text += cms::name_of(q);
        text += allows(q) ? " on\n" : " off\n";
    }
    return text;
}

} // namespace scepkit::inline v0::scep
