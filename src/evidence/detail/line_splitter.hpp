// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <evidence/detail/separators.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace scepkit::inline v0::evidence::detail {

/// One line and the blanks in it. Views die with the call.
struct split_line {
    std::uint64_t number = 0; ///< From 1.
    std::string_view text;
    char const* block = nullptr;         ///< What `ends` counts from.
    std::uint32_t const* ends = nullptr; ///< Offsets of the blanks, the first `most_ends` of them.
    std::size_t blanks = 0;              ///< All of them.
};

/// Cuts blocks of any size into lines, wherever the blocks end, in one pass that finds blanks and line ends together.
///
/// A line ends with LF, CR or CRLF. NUL, the padding after a crash, ends a line's content and starts no new number.
/// `sink.on_line(split_line const&)` gets every line that is not empty, `sink.on_long_line(number)` those beyond
/// `longest`.
class line_splitter
{
public:
    static constexpr std::size_t most_ends = 512;

    explicit line_splitter(std::size_t longest) : longest_(longest) {}

    template <class Sink>
    void feed(std::string_view block, Sink& sink)
    {
        if(!begun_) {
            auto const head = std::min(block.size(), mark_size - carry_.size());
            carry_.append(block.substr(0, head));
            block.remove_prefix(head);
            if(carry_.size() < mark_size)
                return;
            begin(sink);
        }
        constexpr std::size_t piece = 1u << 20; // Offsets stay small, and the cache warm.
        for(; !block.empty(); block.remove_prefix(std::min(piece, block.size())))
            consume(block.substr(0, piece), sink);
    }

    /// Ends the input and says how many lines it had; the object is then ready for the next one.
    template <class Sink>
    std::uint64_t finish(Sink& sink)
    {
        if(!begun_)
            begin(sink);
        if(!carry_.empty() || overlong_) {
            emit_carry(sink);
            ++lines_;
        }
        begun_ = utf16_ = after_cr_ = false;
        return std::exchange(lines_, 0);
    }

    bool utf16() const noexcept { return utf16_; }

private:
    static constexpr std::size_t mark_size = 3;

    template <class Sink>
    void begin(Sink& sink)
    {
        begun_ = true;
        auto head = std::exchange(carry_, {});
        utf16_ = head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff");
        consume(std::string_view(head).substr(head.starts_with("\xef\xbb\xbf") ? mark_size : 0), sink);
    }

    template <class Sink>
    void consume(std::string_view block, Sink& sink)
    {
        if(utf16_)
            return;
        if(!carry_.empty() || overlong_) {
            auto const end = block.find_first_of(std::string_view("\n\r\0", 3));
            keep(block.substr(0, end));
            if(end == block.npos)
                return;
            emit_carry(sink);
            end_line(block[end]);
            block.remove_prefix(end + 1);
        }
        scan(block, sink);
    }

    template <class Sink>
    void scan(std::string_view block, Sink& sink)
    {
        std::size_t begin = 0;
        std::size_t blanks = 0;
        char const* const data = block.data(); // Raw: this loop sees every separator of a log.
        std::uint32_t* const ends = ends_.data();
        for_each_separator(data, block.size(), [&](std::size_t at) {
            char const c = data[at];
            if(c == ' ') {
                if(blanks < most_ends)
                    ends[blanks] = static_cast<std::uint32_t>(at);
                ++blanks;
            } else if(c == '\n' || c == '\r' || c == '\0') {
                bool const second_half = c == '\n' && after_cr_ && at == begin;
                if(at != begin)
                    emit(block, begin, at, blanks, sink);
                if(second_half)
                    after_cr_ = false;
                else
                    end_line(c);
                begin = at + 1;
                blanks = 0;
            }
            return true;
        });
        keep(block.substr(begin));
    }

    template <class Sink>
    void emit(std::string_view block, std::size_t begin, std::size_t end, std::size_t blanks, Sink& sink)
    {
        if(end - begin > longest_)
            return sink.on_long_line(lines_ + 1);
        sink.on_line(split_line{.number = lines_ + 1,
                                .text = block.substr(begin, end - begin),
                                .block = block.data(),
                                .ends = ends_.data(),
                                .blanks = blanks});
    }

    template <class Sink>
    void emit_carry(Sink& sink)
    {
        if(std::exchange(overlong_, false))
            return sink.on_long_line(lines_ + 1);
        std::size_t blanks = 0;
        for_each_separator(carry_.data(), carry_.size(), [&](std::size_t at) {
            if(carry_[at] == ' ') {
                if(blanks < most_ends)
                    ends_[blanks] = static_cast<std::uint32_t>(at);
                ++blanks;
            }
            return true;
        });
        emit(carry_, 0, carry_.size(), blanks, sink);
        carry_.clear();
    }

    void keep(std::string_view part)
    {
        if(overlong_)
            return;
        if(carry_.size() + part.size() > longest_) {
            overlong_ = true;
            carry_.clear();
        } else {
            carry_.append(part);
        }
    }

    void end_line(char c) noexcept
    {
        if(c != '\0')
            ++lines_;
        after_cr_ = c == '\r';
    }

    std::size_t longest_;
    std::string carry_;
    std::uint64_t lines_ = 0;
    bool begun_ = false;
    bool utf16_ = false;
    bool after_cr_ = false;
    bool overlong_ = false;
    std::array<std::uint32_t, most_ends> ends_{};
};

} // namespace scepkit::inline v0::evidence::detail
