// SPDX-License-Identifier: BSL-1.0
#include <report/detail/fold.hpp>

#include <scepkit/base/bytes.hpp>

#include <algorithm>

namespace scepkit::inline v0::report::detail {

std::size_t columns_of(std::string_view text) noexcept
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void text_writer::finish_line(std::string line)
{
    while(line.ends_with(' '))
        line.pop_back();
    last_line_ = out_.size();
    out_ += line;
    out_ += '\n';
}

void text_writer::paragraph(std::string_view first, std::string_view text)
{
    auto const safe = escape_controls(text);
    std::string_view rest = safe;
    std::string const indent(columns_of(first), ' ');
    std::string line(first);
    auto const empty = columns_of(first);
    auto column = empty;
    while(!rest.empty()) {
        auto const end = std::min(rest.find(' '), rest.size());
        auto const word = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if(word.empty())
            continue;
        auto const size = columns_of(word);
        if(column != empty && column + 1 + size > width_) {
            finish_line(std::move(line));
            line = indent;
            column = empty;
        }
        if(column != empty) {
            line += ' ';
            ++column;
        }
        line += word;
        column += size;
    }
    finish_line(std::move(line));
}

void text_writer::line(std::string_view text) { finish_line(escape_controls(text)); }

void text_writer::blank()
{
    if(!out_.empty() && !out_.ends_with("\n\n"))
        out_ += '\n';
}

void text_writer::colour_last(std::string_view escape_sequence)
{
    out_.insert(last_line_, escape_sequence);
    out_.insert(out_.size() - 1, "\x1b[0m");
}

} // namespace scepkit::inline v0::report::detail
