// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/crl.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/pem.hpp>
#include <pki/detail/revocation.hpp>
#include <pki/detail/signed_structure.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::pki {

struct crl::data {
    data(bytes_view encoded, crypto_context library) : der(to_bytes(encoded)), context(std::move(library)) {}

    result<void> parse(limits const& bounds);
    result<void> parse_tbs(asn1::reader from, limits const& bounds);
    result<void> parse_entry(asn1::reader& from, limits const& bounds, bool has_extensions);
    result<void> parse_extensions(asn1::reader& from, limits const& bounds);

    bytes der;
    crypto_context context;
    name issuer;
    time_point this_update{};
    std::optional<time_point> next_update;
    std::vector<revoked_certificate> entries; ///< By serial.
    extension_set extensions;
    detail::signed_structure outside; // Into `der`.
    // Into `der`.
    bytes_view algorithm_der, tbs, signature;
};

namespace {

struct reason_row {
    revocation_reason reason;
    std::string_view name;
};
constexpr std::array reasons{
    reason_row{revocation_reason::unspecified, "unspecified"},
    reason_row{revocation_reason::key_compromise, "keyCompromise"},
    reason_row{revocation_reason::ca_compromise, "cACompromise"},
    reason_row{revocation_reason::affiliation_changed, "affiliationChanged"},
    reason_row{revocation_reason::superseded, "superseded"},
    reason_row{revocation_reason::cessation_of_operation, "cessationOfOperation"},
    reason_row{revocation_reason::certificate_hold, "certificateHold"},
    reason_row{revocation_reason::remove_from_crl, "removeFromCRL"},
    reason_row{revocation_reason::privilege_withdrawn, "privilegeWithdrawn"},
    reason_row{revocation_reason::aa_compromise, "aACompromise"},
};

bool comes_before(bytes_view a, bytes_view b) noexcept
{
    return a.size() != b.size() ? a.size() < b.size() : std::ranges::lexicographical_compare(a, b);
}

result<revocation_reason> read_reason(asn1::reader input)
{
    auto const offset = input.offset();
    SCEPKIT_TRY(auto const value, input.read(asn1::tag::enumerated));
    SCEPKIT_CHECK(input.finish());
    auto const found =
        value.content.size() == 1
            ? std::ranges::find(reasons, static_cast<revocation_reason>(value.content[0]), &reason_row::reason)
            : reasons.end();
    if(found == reasons.end())
        return detail::fail(errc::bad_value, "a revocation for a reason that there is not", offset);
    return found->reason;
}

// Read here and not by extension_set: a list has as many as it has entries.
result<std::optional<revocation_reason>> read_entry_extensions(asn1::reader list, limits const& bounds)
{
    std::optional<revocation_reason> reason;
    for(std::size_t count = 0; !list.at_end(); ++count) {
        if(count == bounds.extensions)
            return list.fail(errc::too_many, "too many extensions of an entry");
        SCEPKIT_TRY(auto one, list.enter(asn1::tag::sequence));
        SCEPKIT_TRY(auto const id, one.read_oid());
        bool critical = false;
        if(one.next_is(asn1::tag::boolean)) {
            SCEPKIT_TRY(critical, one.read_boolean());
        }
        auto const offset = one.offset();
        SCEPKIT_TRY(auto const value, one.read_octet_string());
        SCEPKIT_CHECK(one.finish());
        if(id == detail::reason_code) {
            if(reason)
                return detail::fail(errc::bad_value, "two reasons for one revocation", offset);
            SCEPKIT_TRY(auto const inside, one.nested(value, one.offset() - value.size()));
            SCEPKIT_TRY(reason, read_reason(inside));
        } else if(id == detail::certificate_issuer)
            return detail::fail(errc::unsupported, "an indirect revocation list", offset);
        else if(critical)
            return detail::fail(errc::unsupported, "an unknown critical extension " + id.to_dotted() + " of an entry",
                                offset);
    }
    return reason;
}

} // namespace

std::string_view name_of(revocation_reason r) noexcept
{
    auto const found = std::ranges::find(reasons, r, &reason_row::reason);
    return found == reasons.end() ? "?" : found->name;
}

result<void> crl::data::parse_entry(asn1::reader& from, limits const& bounds, bool has_extensions)
{
    SCEPKIT_TRY(auto entry, from.enter(asn1::tag::sequence));
    revoked_certificate made;
    SCEPKIT_TRY(auto const serial, entry.read_integer());
    made.serial = to_bytes(serial);
    SCEPKIT_TRY(made.at, entry.read_time());
    if(has_extensions) {
        SCEPKIT_TRY(auto list, entry.enter_optional(asn1::tag::sequence));
        if(list) {
            SCEPKIT_TRY(made.reason, read_entry_extensions(*list, bounds));
        }
    }
    SCEPKIT_CHECK(entry.finish());
    entries.push_back(std::move(made));
    return success();
}

result<void> crl::data::parse_extensions(asn1::reader& from, limits const& bounds)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto wrapper, from.enter_optional(asn1::context_constructed(0)));
    if(!wrapper)
        return success();
    SCEPKIT_TRY(auto list, wrapper->enter(asn1::tag::sequence));
    SCEPKIT_CHECK(wrapper->finish());
    SCEPKIT_TRY(extensions, extension_set::read(list, bounds));
    if(extensions.find(detail::delta_indicator) != nullptr)
        return detail::fail(errc::unsupported, "a delta revocation list", offset);
    if(!extensions.unknown_critical.empty())
        return detail::fail(errc::unsupported,
                            "a revocation list with the unknown critical extension " +
                                extensions.unknown_critical.front().to_dotted() +
                                "; it may be an indirect or a partial one",
                            offset);
    return success();
}

// RFC 5280, 5.1.
result<void> crl::data::parse_tbs(asn1::reader from, limits const& bounds)
{
    bool version_2 = false;
    if(from.next_is(asn1::tag::integer)) {
        SCEPKIT_TRY(auto const number, from.read_small_integer());
        if(number != 1)
            return from.fail(errc::bad_value, "a revocation list of another version than 1 and 2");
        version_2 = true;
    }
    auto const inner_offset = from.offset();
    SCEPKIT_TRY(auto const inner, from.read(asn1::tag::sequence));
    if(!equal(inner.encoded, outside.algorithm_der))
        return detail::fail(errc::bad_certificate, "two different signature algorithms", inner_offset);
    SCEPKIT_TRY(issuer, name::read(from, bounds));
    SCEPKIT_TRY(this_update, from.read_time());
    if(from.next_is(asn1::tag::utc_time) || from.next_is(asn1::tag::generalized_time)) {
        SCEPKIT_TRY(next_update, from.read_time());
    }
    SCEPKIT_TRY(auto list, from.enter_optional(asn1::tag::sequence));
    while(list && !list->at_end())
        SCEPKIT_CHECK(parse_entry(*list, bounds, version_2));
    if(version_2)
        SCEPKIT_CHECK(parse_extensions(from, bounds));
    SCEPKIT_CHECK(from.finish());
    std::ranges::stable_sort(entries, comes_before, &revoked_certificate::serial);
    return success();
}

result<void> crl::data::parse(limits const& bounds)
{
    SCEPKIT_TRY(outside, detail::read_signed(der, bounds));
    return parse_tbs(outside.inside, bounds);
}

result<crl> crl::from_der(bytes_view der, limits const& bounds, crypto_context const& context)
{
    if(der.size() > bounds.message_size)
        return detail::fail(errc::too_large, "a revocation list of " + std::to_string(der.size()) + " bytes");
    auto made = std::make_shared<data>(der, context);
    if(auto const parsed = made->parse(bounds); !parsed)
        return parsed.error() == errc::unsupported ? parsed.error()
                                                   : detail::recode(parsed.error(), errc::bad_certificate);
    return crl(std::move(made));
}

result<crl> crl::from_pem(bytes_view pem, limits const& bounds)
{
    SCEPKIT_TRY(auto const blocks, detail::find_pem_blocks(pem));
    for(auto const& block : blocks)
        if(block.label == "X509 CRL") {
            SCEPKIT_TRY(auto const der, detail::decode_pem(block));
            return from_der(der, bounds);
        }
    return detail::fail(errc::bad_pem, "no X509 CRL block");
}

bytes_view crl::der() const& noexcept { return data_->der; }
std::string crl::to_pem() const { return detail::encode_pem("X509 CRL", data_->der); }
name const& crl::issuer() const& noexcept { return data_->issuer; }
time_point crl::this_update() const noexcept { return data_->this_update; }
std::optional<time_point> crl::next_update() const noexcept { return data_->next_update; }
std::size_t crl::size() const noexcept { return data_->entries.size(); }

revoked_certificate const* crl::find(bytes_view serial) const& noexcept
{
    auto const& all = data_->entries;
    auto const at = std::ranges::lower_bound(all, serial, comes_before,
                                             [](revoked_certificate const& e) { return bytes_view(e.serial); });
    return at != all.end() && equal(at->serial, serial) ? &*at : nullptr;
}

result<void> crl::verify(certificate const& ca) const
{
    auto const& wanted = data_->extensions.authority_key_id;
    auto const& offered = ca.extensions().subject_key_id;
    if(issuer() != ca.subject() || (wanted && offered && *wanted != *offered))
        return detail::fail(errc::issuer_not_found, "a revocation list of another CA");
    if(!ca.allows(key_usage::crl_sign))
        return detail::fail(errc::usage_not_allowed,
                            "the CA's key usage does not allow the signing of revocation lists");
    auto const& with = data_->outside.algorithm;
    if(!with || (!with->digest && with->scheme != signature_scheme::ml_dsa) || with->digest == digest_algorithm::md5)
        return detail::fail(errc::algorithm_not_allowed,
                            "the revocation list is signed with an algorithm that is unknown or broken");
    SCEPKIT_TRY(auto const key, ca.key());
    return key.verify(*with, data_->outside.body, data_->outside.signature);
}

} // namespace scepkit::inline v0::pki
