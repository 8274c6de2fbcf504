// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/quirks.hpp>

#include <array>
#include <utility>

namespace scepkit::inline v0::cms {

namespace {

constexpr std::pair<quirk, std::string_view> names[] = {
    {quirk::ber_encoding, "ber_encoding"},
    {quirk::sha1_signature, "sha1_signature"},
    {quirk::md5_signature, "md5_signature"},
    {quirk::triple_des, "triple_des"},
    {quirk::single_des, "single_des"},
    {quirk::oaep_key_transport, "oaep_key_transport"},
    {quirk::oaep_empty_parameters, "oaep_empty_parameters"},
    {quirk::signer_certificate_outside, "signer_certificate_outside"},
    {quirk::content_in_refusal, "content_in_refusal"},
    {quirk::signer_key_differs, "signer_key_differs"},
    {quirk::lone_ca_recipient, "lone_ca_recipient"},
    {quirk::short_nonce, "short_nonce"},
    {quirk::sender_nonce_missing, "sender_nonce_missing"},
    {quirk::fail_info_unknown, "fail_info_unknown"},
    {quirk::content_type_attribute_missing, "content_type_attribute_missing"},
    {quirk::attributes_unsorted, "attributes_unsorted"},
    {quirk::text_attribute_type, "text_attribute_type"},
    {quirk::bag_with_content, "bag_with_content"},
    {quirk::wrong_media_type, "wrong_media_type"},
    {quirk::renewal_unadvertised, "renewal_unadvertised"},
    {quirk::renewal_as_pkcs_req, "renewal_as_pkcs_req"},
    {quirk::key_agreement, "key_agreement"},
    {quirk::key_agreement_null_curve, "key_agreement_null_curve"},
    {quirk::password_recipient, "password_recipient"},
    {quirk::kem_recipient, "kem_recipient"},
    {quirk::authenticated_envelope, "authenticated_envelope"},
    {quirk::enveloped_content_type, "enveloped_content_type"},
    {quirk::capabilities_missing, "capabilities_missing"},
    {quirk::empty_post_answer, "empty_post_answer"},
    {quirk::existing_certificate_returned, "existing_certificate_returned"},
    {quirk::weak_pin, "weak_pin"},
    {quirk::loose_get_message, "loose_get_message"},
    {quirk::challenge_in_clear, "challenge_in_clear"},
    {quirk::signer_subject_differs, "signer_subject_differs"},
};

constexpr auto in_order = [] {
    std::array<quirk, std::size(names)> list{};
    for(std::size_t i = 0; i != list.size(); ++i)
        list[i] = names[i].first;
    return list;
}();

} // namespace

std::string_view name_of(quirk q) noexcept
{
    for(auto const& [value, name] : names)
        if(value == q)
            return name;
    return "unknown";
}

std::optional<quirk> quirk_from_name(std::string_view name) noexcept
{
    for(auto const& [value, known] : names)
        if(known == name)
            return value;
    return std::nullopt;
}

std::span<quirk const> all_quirks() noexcept { return in_order; }

std::vector<quirk> quirk_set::list() const
{
    std::vector<quirk> found;
    for(auto q : in_order)
        if(contains(q))
            found.push_back(q);
    return found;
}

} // namespace scepkit::inline v0::cms
