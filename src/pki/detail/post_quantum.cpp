// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/post_quantum.hpp>

#include <scepkit/asn1/oids.hpp>

#include <gsl/gsl>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::pki::detail {
namespace {

namespace oids = asn1::oids;

struct kind_row {
    key_kind kind;
    asn1::oid id;
    std::size_t public_key;
    std::size_t ciphertext;
};
constexpr std::array rows{
    kind_row{key_kind::ml_dsa_44, oids::ml_dsa_44, 1312, 0},
    kind_row{key_kind::ml_dsa_65, oids::ml_dsa_65, 1952, 0},
    kind_row{key_kind::ml_dsa_87, oids::ml_dsa_87, 2592, 0},
    kind_row{key_kind::ml_kem_512, oids::ml_kem_512, 800, 768},
    kind_row{key_kind::ml_kem_768, oids::ml_kem_768, 1184, 1088},
    kind_row{key_kind::ml_kem_1024, oids::ml_kem_1024, 1568, 1568},
};

kind_row const& row(key_kind kind) noexcept
{
    auto const found = std::ranges::find(rows, kind, &kind_row::kind);
    Expects(found != rows.end());
    return *found;
}

} // namespace

std::optional<key_kind> kind_of(asn1::oid const& id) noexcept
{
    auto const found = std::ranges::find(rows, id, &kind_row::id);
    return found == rows.end() ? std::nullopt : std::optional(found->kind);
}

std::optional<key_kind> kind_of_name(char const* openssl_name) noexcept
{
    // name_of(key_kind) says it as OpenSSL does.
    auto const wanted = std::string_view(openssl_name == nullptr ? "" : openssl_name);
    auto const found = std::ranges::find_if(rows, [&](kind_row const& r) { return name_of(r.kind) == wanted; });
    return found == rows.end() ? std::nullopt : std::optional(found->kind);
}

asn1::oid oid_of(key_kind kind) noexcept { return row(kind).id; }
std::size_t public_key_size(key_kind kind) noexcept { return row(kind).public_key; }
std::size_t ciphertext_size(key_kind kind) noexcept { return row(kind).ciphertext; }

} // namespace scepkit::inline v0::pki::detail
