// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_chain.hpp>

#include <scepkit/asn1/writer.hpp>

#include <base/try.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr std::size_t head_size = 8;
constexpr std::size_t head_tlv = 2 + head_size;
constexpr std::size_t check_tlv = 2 + ledger_chain::check_size;

error broken(char const* message)
{
    return {errc::bad_value,
            diagnostics{.message = std::string(message) + "; the file was damaged or changed", .layer = "ledger"}};
}

/// Tag and length in front of `content` bytes.
std::size_t header_size(std::size_t content) noexcept
{
    return content < 0x80 ? 2 : content < 0x100 ? 3 : content < 0x10000 ? 4 : 5;
}

} // namespace

result<ledger_chain> ledger_chain::create(bytes_view key)
{
    SCEPKIT_TRY(auto prepared, pki::detail::mac_key::create(key));
    return ledger_chain(std::move(prepared));
}

result<bytes> ledger_chain::head(check const& previous, std::size_t size) const
{
    std::array<std::uint8_t, 5> const what{'h', static_cast<std::uint8_t>(size >> 24),
                                           static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                                           static_cast<std::uint8_t>(size)};
    SCEPKIT_TRY(auto mac, key_.compute({previous, what}));
    mac.resize(head_size);
    return mac;
}

result<bytes> ledger_chain::frame(check const& previous, bytes_view body) const
{
    auto const content = head_tlv + body.size() + check_tlv;
    auto const size = header_size(content) + content;
    if(size > maximum_record)
        return error(errc::too_large, diagnostics{.message = "a ledger's record has at most " +
                                                             std::to_string(maximum_record) + " bytes",
                                                  .layer = "ledger"});
    SCEPKIT_TRY(auto const head_mac, head(previous, size));
    asn1::writer out(size);
    out.sequence([&] {
        out.octet_string(head_mac);
        out.raw(body);
        out.octet_string(check{});
    });
    auto record = std::move(out).take();
    auto const before = bytes_view(record).first(record.size() - check_size);
    SCEPKIT_TRY(auto const mac, key_.compute({previous, as_bytes("b"), before}));
    std::copy_n(mac.begin(), check_size, record.end() - static_cast<std::ptrdiff_t>(check_size));
    return record;
}

result<std::optional<std::size_t>> ledger_chain::size_of(check const& previous, bytes_view front) const
{
    constexpr std::optional<std::size_t> cut;
    if(front.empty())
        return cut;
    if(front[0] != static_cast<std::uint8_t>(asn1::tag::sequence))
        return broken("no record begins here");
    if(front.size() < 2)
        return cut;
    std::size_t content = front[1];
    std::size_t header = 2;
    if(content >= 0x80) {
        auto const octets = content - 0x80;
        if(octets < 1 || octets > 3)
            return broken("a record has an impossible length");
        header += octets;
        if(front.size() < header)
            return cut;
        content = 0;
        for(std::size_t i = 2; i != header; ++i)
            content = content << 8 | front[i];
    }
    auto const size = header + content;
    if(header != header_size(content) || content < head_tlv + check_tlv || size > maximum_record)
        return broken("a record has an impossible length");
    if(front.size() < header + head_tlv)
        return cut;
    SCEPKIT_TRY(auto const expected, head(previous, size));
    if(front[header] != static_cast<std::uint8_t>(asn1::tag::octet_string) || front[header + 1] != head_size ||
       !equal_constant_time(front.subspan(header + 2, head_size), expected))
        return broken("a record's head does not follow from its predecessor");
    return std::optional(size);
}

result<bytes_view> ledger_chain::unframe(check const& previous, bytes_view record) const
{
    if(record.size() < front_size)
        return broken("a record is too short");
    auto const before = record.first(record.size() - check_size);
    SCEPKIT_TRY(auto const mac, key_.compute({previous, as_bytes("b"), before}));
    if(!equal_constant_time(bytes_view(mac).first(check_size), record.last(check_size)))
        return broken("a record does not follow from its predecessor");
    asn1::reader in(record);
    SCEPKIT_TRY(auto inside, in.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(inside.read_octet_string());
    SCEPKIT_TRY(auto const body, inside.read(asn1::tag::sequence));
    SCEPKIT_CHECK(inside.read_octet_string());
    SCEPKIT_CHECK(inside.finish());
    SCEPKIT_CHECK(in.finish());
    return body.encoded;
}

ledger_chain::check ledger_chain::check_of(bytes_view record) noexcept
{
    check out{};
    std::ranges::copy(record.last(check_size), out.begin());
    return out;
}

} // namespace scepkit::inline v0::scep::detail
