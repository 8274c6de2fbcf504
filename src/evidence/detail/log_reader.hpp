// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/evidence/iis_log.hpp>

#include <evidence/detail/attempts.hpp>
#include <evidence/detail/fields.hpp>
#include <evidence/detail/index_table.hpp>
#include <evidence/detail/line_splitter.hpp>

#include <array>
#include <set>

namespace scepkit::inline v0::evidence::detail {

/// A `name=value` of a query, by its place in the query.
struct parameter {
    std::size_t value = 0;
    std::size_t size = 0;
};
/// The value of `name` (lower case), which may be written in any case; "%3D" counts as "=".
std::optional<parameter> find_parameter(std::string_view query, std::string_view name) noexcept;

/// What a query asks for.
struct asked {
    detail::operation operation = detail::operation::none;
    bool scep_word = false; ///< The operation's name is one of SCEP's or nearly so.
};
asked read_operation(std::string_view query) noexcept;

/// Reads one log after the other and sums them up: what iis_log_reader and the file functions share.
class log_reader
{
public:
    explicit log_reader(iis_reader_options const& options);

    void begin_source(std::string name);
    void feed(std::string_view block) { splitter_.feed(block, *this); }
    result<void> end_source();
    facts::iis_summary summary();
    bool read_anything() const noexcept { return total_.entries != 0 || any_fields_; }

    std::function<void(iis_entry const&)> entry_sink;

    // What the splitter calls.
    void on_line(split_line const& line);
    void on_long_line(std::uint64_t number) { count_bad(number); }

private:
    struct tokens;
    struct stem {
        std::string raw;
        std::uint32_t name = 0; // Lower case.
        std::uint32_t base = 0;
        bool slash = false;
        bool usual = false; // One of the few that NDES has.
    };
    struct call_key {
        std::uint32_t name = 0;
        std::uint32_t win32 = 0;
        std::int32_t substatus = -1;
        std::uint16_t status = 0;
        std::uint8_t operation = 0;
        std::uint8_t method = 0;
        std::uint64_t has_win32 = 0;
        friend bool operator==(call_key const&, call_key const&) noexcept = default;
    };
    struct call_row {
        call_key key;
        std::uint64_t count = 0;
        log_time first = no_time;
        log_time last = no_time;
        std::vector<facts::log_place> samples;
    };
    struct seen_stem { // A small cache: most lines of a log repeat a few stems.
        std::uint64_t hash = 0;
        std::uint32_t index = no_index;
        bool scep = false;
        bool filled = false;
    };

    void on_directive(split_line const& line);
    bool mend(split_line const& line, tokens& t);
    bool read_time(tokens const& t, log_time& time);
    seen_stem const& look_at_stem(std::string_view text);
    std::uint32_t intern_stem(std::string_view text, std::uint64_t hash);
    std::uint32_t intern_name(std::string text);
    void count_scep(split_line const& line, tokens const& t, stem const& s, asked const& what, log_time time);
    void count_call(call_key const& key, bool usual, raw_line const& raw, std::uint64_t line, log_time time);
    void show_entry(split_line const& line, tokens const& t, log_time time);
    void count_bad(std::uint64_t number);

    iis_reader_options options_;
    std::uint64_t seed_;
    line_splitter splitter_;
    attempt_tracker attempts_;
    facts::iis_summary total_; // Rows are added by summary().
    std::set<std::string> missing_;
    bool any_fields_ = false;

    // Of the file being read.
    field_map map_;
    std::uint64_t entries_before_ = 0;
    std::optional<std::int64_t> directive_day_;
    log_time directive_time_ = no_time;
    std::array<char, 10> last_date_{};
    std::int64_t last_day_ = 0;

    log_time first_ = no_time;
    log_time last_ = no_time;
    std::array<std::uint32_t, line_splitter::most_ends> mended_{};
    std::array<seen_stem, 1024> seen_{};
    std::vector<stem> stems_;
    index_table stem_table_;
    std::vector<std::string> names_;
    index_table name_table_;
    std::vector<call_row> calls_;
    index_table call_table_;
    std::size_t unusual_rows_ = 0;
    std::string user_agent_;
};

} // namespace scepkit::inline v0::evidence::detail
