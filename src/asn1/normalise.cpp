// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/normalise.hpp>

#include <asn1/ber_cursor.hpp>
#include <asn1/encode.hpp>
#include <base/try.hpp>

#include <limits>

namespace scepkit::inline v0::asn1 {

namespace {

using detail::ber_event;
using detail::event_kind;

/// The string that is being joined, if any, and how deep its pieces are nested.
class joining
{
public:
    bool active() const noexcept { return depth_ != 0; }
    bool is_bit_string() const noexcept { return string_ == tag::bit_string; }
    tag string() const noexcept { return string_; }
    unsigned unused_bits() const noexcept { return unused_; }

    void open(tag t) noexcept
    {
        if(depth_++ == 0) {
            string_ = detail::as_primitive(t);
            unused_ = 0;
        }
    }
    /// True for the outermost one.
    bool close() noexcept { return --depth_ == 0; }

    /// A piece's own bytes. X.690, 8.6.4, 8.7.3 and 8.23.6: pieces are of the same type; those of the
    /// character strings are OCTET STRINGs, and some encoders give them the string's own tag.
    result<bytes_view> piece(ber_event const& e)
    {
        SCEPKIT_CHECK(check_tag(e));
        if(!is_bit_string())
            return e.content;
        if(unused_ != 0)
            return detail::error_at(errc::bad_value, e.offset, "only the last piece of a BIT STRING has unused bits");
        if(e.content.empty() || e.content[0] > 7 || (e.content.size() == 1 && e.content[0] != 0))
            return detail::error_at(errc::bad_value, e.offset, "a piece of a BIT STRING without a sound count of bits");
        unused_ = e.content[0];
        return e.content.subspan(1);
    }

    result<void> check_tag(ber_event const& e) const
    {
        auto const inner = detail::as_primitive(e.tag);
        if(inner == string_ || (inner == tag::octet_string && !is_bit_string()))
            return success();
        return detail::error_at(errc::unexpected_tag, e.offset,
                                detail::describe(e.tag) + " is no piece of " + detail::describe(string_));
    }

private:
    tag string_{};
    std::size_t depth_ = 0;
    unsigned unused_ = 0;
};

struct measured {
    /// DER content sizes of the constructed values and joined strings, in the order in which they open.
    /// 32 bits, since a million of two-byte values fit into a message.
    std::vector<std::uint32_t> sizes;
    std::size_t total = 0;
    bool is_der = true;
};

class size_stack
{
public:
    explicit size_stack(measured& out) : out_(out) {}

    void open()
    {
        open_.push_back(out_.sizes.size());
        out_.sizes.push_back(0);
    }
    void add(std::size_t size)
    {
        if(open_.empty())
            out_.total += size;
        else
            out_.sizes[open_.back()] += static_cast<std::uint32_t>(size);
    }
    void close()
    {
        auto const size = out_.sizes[open_.back()];
        open_.pop_back();
        add(detail::header_size(size) + size);
    }

private:
    measured& out_;
    std::vector<std::size_t> open_;
};

result<measured> measure(bytes_view input, std::size_t maximum_depth)
{
    measured out;
    size_stack stack(out);
    joining pieces;
    for(detail::ber_cursor cursor(input, maximum_depth);;) {
        SCEPKIT_TRY(auto const e, cursor.next());
        if(e.kind == event_kind::end)
            return out;
        if(e.form != detail::header::length_form::minimal)
            out.is_der = false;
        if(e.kind == event_kind::primitive) {
            if(pieces.active()) {
                SCEPKIT_TRY(auto const content, pieces.piece(e));
                stack.add(content.size());
            } else {
                stack.add(detail::header_size(e.content.size()) + e.content.size());
            }
        } else if(e.kind == event_kind::open) {
            bool const starts_string = !pieces.active() && detail::is_string_in_pieces(e.tag);
            if(!pieces.active()) {
                stack.open();
            } else if(auto const fits = pieces.check_tag(e); !fits) {
                return fits.error();
            }
            if(starts_string || pieces.active()) {
                out.is_der = false;
                pieces.open(e.tag);
            }
        } else if(!pieces.active()) {
            stack.close();
        } else if(pieces.close()) {
            if(pieces.is_bit_string())
                stack.add(1);
            stack.close();
        }
    }
}

/// The second walk over what `measure` has accepted: nothing can fail any more but the memory.
result<bytes> rewrite(bytes_view input, std::size_t maximum_depth, measured const& sizes)
{
    bytes out;
    out.reserve(sizes.total);
    joining pieces;
    auto size = sizes.sizes.begin();
    std::size_t unused_bits_at = 0;
    for(detail::ber_cursor cursor(input, maximum_depth);;) {
        SCEPKIT_TRY(auto const e, cursor.next());
        if(e.kind == event_kind::end)
            return out;
        if(e.kind == event_kind::primitive) {
            auto content = e.content;
            if(pieces.active()) {
                SCEPKIT_TRY(auto const piece, pieces.piece(e));
                content = piece;
            } else {
                detail::append_header(out, e.tag, content.size());
            }
            out.insert(out.end(), content.begin(), content.end());
        } else if(e.kind == event_kind::open) {
            bool const starts_string = !pieces.active() && detail::is_string_in_pieces(e.tag);
            if(!pieces.active())
                detail::append_header(out, starts_string ? detail::as_primitive(e.tag) : e.tag, *size++);
            if(starts_string || pieces.active())
                pieces.open(e.tag);
            if(starts_string && pieces.is_bit_string()) {
                unused_bits_at = out.size();
                out.push_back(0);
            }
        } else if(pieces.active() && pieces.close() && pieces.is_bit_string()) {
            out[unused_bits_at] = static_cast<std::uint8_t>(pieces.unused_bits());
        }
    }
}

} // namespace

result<normalised> normalise_ber(bytes_view input, limits const& bounds)
{
    // Half of what 32 bits hold: the output can be half as large again.
    constexpr std::size_t representable = std::numeric_limits<std::uint32_t>::max() / 2;
    if(input.size() > bounds.message_size || input.size() > representable)
        return error(
            errc::too_large,
            diagnostics{.message = "the encoding has " + std::to_string(input.size()) + " bytes", .layer = "asn1"});
    SCEPKIT_TRY(auto const sizes, measure(input, bounds.nesting));
    if(sizes.is_der)
        return normalised{.der = to_bytes(input), .was_der = true};
    SCEPKIT_TRY(auto der, rewrite(input, bounds.nesting, sizes));
    return normalised{.der = std::move(der), .was_der = false};
}

} // namespace scepkit::inline v0::asn1
