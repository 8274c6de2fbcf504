// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/asn1/reader.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::asn1 {

/// Writes DER front to back: `w.sequence([&] { w.oid(…); w.integer(1); })`.
///
/// Lengths are filled in when the inside is complete. Strings are written as given: the caller has checked
/// that the text fits the type (`is_printable_string`).
class SCEPKIT_API writer
{
public:
    /// Enough for what is small: an extension, an attribute.
    static constexpr std::size_t usual_room = 64;
    /// With room for so many octets: a message that grows is copied again and again, and a secret stays behind where
    /// it was.
    explicit writer(std::size_t room = usual_room) { out_.reserve(room); }

    template <std::invocable Inside>
    void constructed(tag t, Inside&& inside)
    {
        auto const start = open(t);
        inside();
        close(start);
    }
    template <std::invocable Inside>
    void sequence(Inside&& inside)
    {
        constructed(tag::sequence, std::forward<Inside>(inside));
    }
    template <std::invocable Inside>
    void set(Inside&& inside)
    {
        constructed(tag::set, std::forward<Inside>(inside));
    }
    /// A SET OF: the encodings are sorted, as DER demands.
    void set_of(std::vector<bytes> encodings);

    void primitive(tag t, bytes_view content);
    void raw(bytes_view encoded); ///< An encoding made elsewhere.
    void oid(asn1::oid const& value);
    void integer(std::int64_t value);
    /// Big-endian magnitude of a non-negative INTEGER; leading zeros are dropped or added as DER wants.
    void unsigned_integer(bytes_view magnitude);
    void boolean(bool value);
    void null();
    void octet_string(bytes_view content) { primitive(tag::octet_string, content); }
    void bit_string(bytes_view content);
    void named_bits(std::uint32_t bits);
    void string(tag t, std::string_view text) { primitive(t, as_bytes(text)); }
    /// PrintableString where the text allows it, else UTF8String.
    void directory_string(std::string_view text);
    /// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5).
    void time(time_point value);
    /// AlgorithmIdentifier with NULL parameters, or without any.
    void algorithm(asn1::oid const& id, bool null_parameters);

    bytes const& data() const& noexcept { return out_; }
    bytes take() && noexcept { return std::move(out_); }
    std::size_t size() const noexcept { return out_.size(); }

private:
    std::size_t open(tag t);
    void close(std::size_t start);
    bytes out_;
};

/// `inside` written by a fresh writer.
template <std::invocable<writer&> Inside>
bytes encode(Inside&& inside, std::size_t room = writer::usual_room)
{
    writer w(room);
    inside(w);
    return std::move(w).take();
}

/// A–Z a–z 0–9 blank ' ( ) + , - . / : = ?
SCEPKIT_API bool is_printable_string(std::string_view text) noexcept;
SCEPKIT_API bool is_ia5_string(std::string_view text) noexcept;

} // namespace scepkit::inline v0::asn1
