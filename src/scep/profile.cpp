// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/profile.hpp>

#include <array>

namespace scepkit::inline v0::scep {

namespace {

// What RFC 8894 itself allows or asks a reader to bear, and what costs no safety: BER (RFC 5652), 3DES ("DES3"), OAEP,
// a CA without keyEncipherment, media types that nobody gets right, attributes in another order (hashed as received).
constexpr quirk_set common{quirk::ber_encoding,          quirk::triple_des,        quirk::oaep_key_transport,
                           quirk::oaep_empty_parameters, quirk::lone_ca_recipient, quirk::attributes_unsorted,
                           quirk::wrong_media_type};

constexpr quirk_set with(quirk_set base, quirk_set const& more)
{
    base.insert(more);
    return base;
}

// The tools' default too: step-ca writes failInfoText as a PrintableString, and its words are worth having.
constexpr quirk_set ndes_set =
    with(common, {quirk::sha1_signature, quirk::signer_certificate_outside, quirk::content_in_refusal,
                  quirk::signer_key_differs, quirk::bag_with_content, quirk::text_attribute_type});
constexpr quirk_set windows_set = with(common, {quirk::sha1_signature, quirk::signer_key_differs});
constexpr quirk_set apple_set = with(common, {quirk::sha1_signature, quirk::short_nonce, quirk::sender_nonce_missing});
constexpr quirk_set cisco_set =
    with(common, {quirk::md5_signature, quirk::sha1_signature, quirk::single_des, quirk::text_attribute_type,
                  quirk::short_nonce, quirk::content_in_refusal, quirk::bag_with_content});

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
    std::string known;
    for(auto const& p : table()) {
        if(p.name == name)
            return p;
        known += known.empty() ? "" : ", ";
        known += p.name;
    }
    return error(errc::invalid_argument, "no such profile; there are " + known);
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
