// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>
#include <scepkit/base/secret.hpp>

#include <pki/detail/mac_key.hpp>

#include <array>
#include <optional>

/// How records follow each other in a ledger file.
///
///     Record ::= SEQUENCE {
///         head   OCTET STRING (SIZE (8)),    -- over the predecessor's check and this record's length
///         body   ANY,                        -- SEQUENCE; the first of a file says what it is
///         check  OCTET STRING (SIZE (16)) }  -- over the predecessor's check and all before
///
/// Both are truncated HMAC-SHA-256. The head tells a record that was cut short (its length is right, the file ends)
/// from one whose length was damaged (which must not hide what follows it).
namespace scepkit::inline v0::scep::detail {

class ledger_chain
{
public:
    static constexpr std::size_t check_size = 16;
    static constexpr std::size_t maximum_record = 8u << 20;
    /// Of the record before the first.
    using check = std::array<std::uint8_t, check_size>;

    static result<ledger_chain> create(bytes_view key);

    /// The whole record; its last 16 bytes are its check. errc::too_large.
    result<bytes> frame(check const& previous, bytes_view body) const;

    /// How many bytes the record has that begins with `front` (all that is left of the file, or at least `front_size`
    /// bytes of it); nothing where `front` ends before that can be known; errc::bad_value.
    result<std::optional<std::size_t>> size_of(check const& previous, bytes_view front) const;
    static constexpr std::size_t front_size = 5 + 10;
    /// The body of a whole record, authenticated; errc::bad_value.
    result<bytes_view> unframe(check const& previous, bytes_view record) const;

    static check check_of(bytes_view record) noexcept; ///< A whole record's.

private:
    explicit ledger_chain(pki::detail::mac_key key) noexcept : key_(std::move(key)) {}
    result<bytes> head(check const& previous, std::size_t size) const;
    pki::detail::mac_key key_;
};

} // namespace scepkit::inline v0::scep::detail
