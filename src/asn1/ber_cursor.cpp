// SPDX-License-Identifier: BSL-1.0
#include <asn1/ber_cursor.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::asn1::detail {

result<ber_event> ber_cursor::next()
{
    auto end = input_.size();
    if(!levels_.empty()) {
        auto const& inner = levels_.back();
        end = inner.end;
        auto const left = input_.subspan(position_, end - position_);
        bool const closes = inner.is_indefinite ? left.size() >= 2 && left[0] == 0 && left[1] == 0 : left.empty();
        if(closes) {
            ber_event const out{.kind = event_kind::close, .tag = inner.tag, .offset = position_};
            position_ += inner.is_indefinite ? 2 : 0;
            levels_.pop_back();
            return out;
        }
        if(left.empty())
            return error_at(errc::truncated, position_, "an indefinite length without its end-of-contents octets");
    } else if(position_ != 0) {
        if(position_ != input_.size())
            return error_at(errc::trailing_data, position_,
                            std::to_string(input_.size() - position_) + " bytes follow the encoding");
        return ber_event{.kind = event_kind::end, .offset = position_};
    }

    SCEPKIT_TRY(auto const head, parse_header(input_.subspan(position_, end - position_), position_));
    ber_event out{.kind = event_kind::open, .tag = head.tag, .form = head.form, .offset = position_};
    position_ += head.size;
    if(!is_constructed(head.tag)) {
        out.kind = event_kind::primitive;
        out.content = input_.subspan(position_, head.length);
        position_ += head.length;
        return out;
    }
    if(levels_.size() >= maximum_depth_)
        return error_at(errc::nested_too_deep, out.offset,
                        "nested deeper than " + std::to_string(maximum_depth_) + " levels");
    bool const is_indefinite = head.form == header::length_form::indefinite;
    levels_.push_back({is_indefinite ? end : position_ + head.length, head.tag, is_indefinite});
    return out;
}

} // namespace scepkit::inline v0::asn1::detail
