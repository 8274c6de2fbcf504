// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace scepkit::inline v0::report::detail {

/// Lines of at most `width` columns, made of paragraphs folded at blanks. A word that is too long for a line, a URL
/// mostly, stands on a line of its own and is not broken. Controls are escaped; no line ends in a blank.
class text_writer
{
public:
    explicit text_writer(std::size_t width) : width_(width) {}

    /// `first` stands before the first line, as many blanks before the others.
    void paragraph(std::string_view first, std::string_view text);
    void paragraph(std::string_view text) { paragraph({}, text); }
    void line(std::string_view text); ///< As it is; escaped, not folded.
    void blank();                     ///< An empty line, never two.
    /// Wraps the line that was written last in a colour.
    void colour_last(std::string_view escape_sequence);

    std::string const& text() const noexcept { return out_; }

private:
    void finish_line(std::string line);

    std::size_t width_;
    std::string out_;
    std::size_t last_line_ = 0;
};

/// Columns that a terminal needs for UTF-8 text, taking each code point for one.
std::size_t columns_of(std::string_view text) noexcept;

} // namespace scepkit::inline v0::report::detail
