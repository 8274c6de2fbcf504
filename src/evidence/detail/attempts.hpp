// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/iis_summary.hpp>

#include <evidence/detail/index_table.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::evidence::detail {

enum class operation : std::uint8_t { ca_caps, ca_cert, pki, none, other };

/// Seconds since 1970, or not known.
using log_time = std::int64_t;
inline constexpr log_time no_time = std::numeric_limits<log_time>::min();
std::string time_text(log_time time);

/// The raw text of a line without what must not be shown again: `[cut, cut + cut_size)` holds a message.
struct raw_line {
    std::string_view text;
    std::size_t cut = 0;
    std::size_t cut_size = 0;
};
/// Appends at most `most` bytes of it, unescaped.
void append_shown(std::string& out, raw_line const& line, std::size_t most);
/// Escaped, at most 400 bytes.
std::string shown(std::string_view raw);
inline constexpr std::size_t most_sample_bytes = 400;

/// One SCEP call, as far as following devices needs it.
struct scep_call {
    operation op{};
    std::string_view client_address, user_agent, s_ip;
    std::uint32_t base = 0; ///< Number of its base stem.
    bool slash = false;     ///< The stem is the base with "/": perhaps the second half of a redirect.
    bool usual = false;     ///< The stem is one that NDES has.
    std::uint16_t status = 0;
    std::uint64_t query_hash = 0;
    log_time time = no_time;
    std::uint64_t line = 0;
    std::uint32_t source = 0;
    raw_line raw;
};

/// Puts calls together into enrolment attempts. IIS logs no device: calls of one address, user agent, base path and
/// server that fit each other are taken for one device's, the oldest open attempt first; where several fit, the attempt
/// is counted as ambiguous. Memory is bounded by `most_open` and `most_rows`.
class attempt_tracker
{
public:
    attempt_tracker(std::size_t most_open, std::size_t most_rows, std::uint64_t seed);

    void add(scep_call const& call);
    /// Counts what is still open, too.
    void close_all();
    std::vector<facts::iis_attempt_count> rows(std::vector<std::string> const& base_names,
                                               std::vector<std::string> const& source_names) const;
    std::uint64_t dropped() const noexcept { return dropped_; }

private:
    static constexpr std::size_t operations = 3;
    static constexpr std::size_t most_calls = 4; // Per operation; a shape needs no more.
    static constexpr std::size_t most_samples = 8;

    enum class client : std::uint8_t { ios, macos, windows, android, probe, other };
    static client client_of(std::string_view user_agent) noexcept;
    client client_of(std::string_view user_agent, std::uint64_t hash) noexcept;
    static std::string_view name_of(client c) noexcept;

    // What an attempt waits for.
    enum state : std::uint8_t { caps_only, cert_only, both, done, states };

    struct hop {
        std::uint16_t status = 0;
        std::uint16_t then = 0; // After following the redirect.
        friend bool operator==(hop const&, hop const&) noexcept = default;
    };
    struct shape {
        std::uint32_t base = 0;
        client device{};
        std::uint8_t complete = 0;
        std::array<std::uint8_t, operations> size{};
        std::array<std::uint8_t, operations> more{};
        std::array<std::array<hop, most_calls>, operations> calls{};
        friend bool operator==(shape const&, shape const&) noexcept = default;
    };
    struct sample {
        std::uint64_t line = 0;
        log_time time = no_time;
        std::uint32_t source = 0;
        std::uint32_t end = 0; // In the attempt's text.
    };
    struct redirect {
        std::uint64_t query_hash = 0;
        log_time time = no_time;
        std::uint8_t index = 0;
        bool open = false;
    };
    // Attempts hang in several lists at once: by age, by state within their group, by redirect not yet followed.
    enum list_kind : std::uint8_t { by_age, by_state, by_redirect };
    struct link {
        std::uint32_t previous = no_index;
        std::uint32_t next = no_index;
    };
    struct list {
        std::uint32_t first = no_index;
        std::uint32_t last = no_index;
        std::uint32_t size = 0;
    };
    struct attempt {
        attempt_tracker::shape shape;
        std::uint32_t group = no_index;
        std::uint64_t order = 0;
        log_time first = no_time;
        log_time last = no_time;
        state now = caps_only;
        bool ambiguous = false;
        bool usual = false;
        bool second_caps = false;
        std::array<redirect, operations> redirects{};
        std::array<link, by_redirect + operations> links{};
        std::uint8_t sample_count = 0;
        std::array<sample, most_samples> samples{};
        std::string text;
    };
    // Known by two seeded hashes of what calls of one device have in common: 128 bits stand for the text.
    struct group_key {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        friend bool operator==(group_key const&, group_key const&) noexcept = default;
    };
    struct known_agent {
        std::uint64_t hash = 0;
        client device{};
        bool filled = false;
    };
    struct group {
        group_key key;
        client device{};
        std::uint32_t open = 0;
        std::array<list, states> waiting{};
        std::array<list, operations> redirected{};
    };
    struct row {
        attempt_tracker::shape shape;
        std::uint64_t count = 0;
        std::uint64_t ambiguous = 0;
        log_time first = no_time;
        log_time last = no_time;
        std::vector<sample> samples;
        std::string text;
    };

    std::uint32_t group_of(scep_call const& call);
    bool follow_redirect(group& g, scep_call const& call);
    std::uint32_t choose(group& g, scep_call const& call);
    std::uint32_t open(std::uint32_t group_index, scep_call const& call);
    void append_call(attempt& a, std::uint32_t index, scep_call const& call);
    void touch(attempt& a, std::uint32_t index, scep_call const& call);
    void close(std::uint32_t index);
    void count(attempt const& a);
    void push_back(list& l, std::size_t kind, std::uint32_t index);
    void remove(list& l, std::size_t kind, std::uint32_t index);
    void end_redirect(attempt& a, std::uint32_t index, std::size_t op);
    std::string text_of(shape const& s) const;

    std::size_t most_open_;
    std::size_t most_rows_;
    std::uint64_t seed_;
    std::uint64_t order_ = 0;
    std::uint64_t dropped_ = 0;
    std::vector<attempt> attempts_;
    std::vector<std::uint32_t> free_attempts_;
    list by_age_;
    std::deque<group> groups_;
    std::vector<std::uint32_t> free_groups_;
    index_table group_table_;
    std::array<known_agent, 256> agents_{};
    std::size_t unusual_rows_ = 0;
    std::vector<row> rows_;
    index_table row_table_;
};

} // namespace scepkit::inline v0::evidence::detail
