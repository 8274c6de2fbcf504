// SPDX-License-Identifier: BSL-1.0
#include <evidence/detail/log_reader.hpp>

#include <scepkit/base/bytes.hpp>

#include <base/civil_time.hpp>
#include <evidence/detail/hash.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace scepkit::inline v0::evidence::detail {

namespace {

constexpr std::size_t most_stems = 4096;
constexpr std::size_t longest_stem = 1024;
constexpr std::size_t most_call_samples = 3;
constexpr std::size_t most_bad_lines = 10;
constexpr std::int64_t seconds_a_day = 86400;

// Other methods are one row: a stranger can invent any number of them.
constexpr std::string_view methods[] = {"GET",    "POST",  "HEAD",  "PUT",      "OPTIONS",
                                        "DELETE", "TRACE", "PATCH", "PROPFIND", "other"};
constexpr std::string_view operations[] = {"GetCACaps", "GetCACert", "PKIOperation", "", "other"};

std::uint8_t method_number(std::string_view text) noexcept
{
    std::uint8_t i = 0;
    while(i + 1u < std::size(methods) && methods[i] != text)
        ++i;
    return i;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr int two_digits(char const* p) noexcept { return (p[0] - '0') * 10 + (p[1] - '0'); }

/// "HH:MM:SS", perhaps with a fraction, as seconds; -1 if it is none.
int read_clock(std::string_view text) noexcept
{
    if(text.size() < 8 || (text.size() > 8 && text[8] != '.'))
        return -1;
    for(std::size_t const i : {0u, 1u, 3u, 4u, 6u, 7u})
        if(!is_digit(text[i]))
            return -1;
    auto const h = two_digits(&text[0]), m = two_digits(&text[3]), s = two_digits(&text[6]);
    return text[2] != ':' || text[5] != ':' || h > 23 || m > 59 || s > 59 ? -1 : h * 3600 + m * 60 + s;
}

/// "YYYY-MM-DD" as days since 1970.
std::optional<std::int64_t> read_day(std::string_view text)
{
    if(text.size() != 10)
        return std::nullopt;
    auto const midnight = from_iso8601(std::string(text) + " 00:00:00");
    if(!midnight)
        return std::nullopt;
    return midnight->time_since_epoch().count() / seconds_a_day;
}

/// Decimal digits; a value beyond 64 bits wraps, as only its low 32 bits are wanted.
std::optional<std::uint64_t> read_number(std::string_view text) noexcept
{
    if(text.empty())
        return std::nullopt;
    std::uint64_t value = 0;
    for(char const c : text) {
        if(!is_digit(c))
            return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

bool looks_secret(std::string_view value) noexcept
{
    return value.size() > 64 || (value.size() >= 16 && std::ranges::all_of(value, [](char c) {
                                     return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                            c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
                                 }));
}

bool is_usual(std::string_view lower) noexcept
{
    constexpr std::string_view root = "/certsrv/mscep";
    if(!lower.starts_with(root))
        return false;
    lower.remove_prefix(root.size());
    for(std::string_view const rest : {"", "/", "/pkiclient.exe", "/mscep.dll", "/mscep.dll/",
                                       "/mscep.dll/pkiclient.exe", "_admin", "_admin/", "_admin/mscep.dll"})
        if(lower == rest)
            return true;
    return false;
}

} // namespace

// The fields of one line. Mended lines have blanks to trim.
struct log_reader::tokens {
    field_map const& map;
    char const* block;
    std::uint32_t const* ends;
    std::uint32_t begin;
    std::uint32_t end;
    bool mended = false;

    std::string_view at(std::size_t i) const noexcept
    {
        auto const b = i == 0 ? begin : ends[i - 1] + 1;
        auto e = i + 1 == map.count ? end : ends[i];
        while(mended && e > b && block[e - 1] == ' ')
            --e;
        return {block + b, e - b};
    }
    /// Empty where the log has no such column or the field is "-".
    std::string_view operator[](column c) const noexcept
    {
        auto const i = map.at[static_cast<std::size_t>(c)];
        if(i < 0)
            return {};
        auto const text = at(static_cast<std::size_t>(i));
        return text == "-" ? std::string_view{} : text;
    }
    std::string_view client_address() const noexcept
    {
        auto const forwarded = (*this)[column::forwarded_for];
        return forwarded.empty() ? (*this)[column::c_ip] : forwarded.substr(0, forwarded.find(','));
    }
};

log_reader::log_reader(iis_reader_options const& options)
    : options_(options),
      seed_(static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this)) * 0x9e3779b97f4a7c15),
      splitter_(options.longest_line),
      attempts_(options.open_attempts, options.rows, seed_)
{
}

void log_reader::begin_source(std::string name)
{
    total_.sources.push_back(std::move(name));
    map_ = {};
    entries_before_ = total_.entries;
    directive_day_.reset();
    directive_time_ = no_time;
}

result<void> log_reader::end_source()
{
    bool const utf16 = splitter_.utf16();
    total_.lines += splitter_.finish(*this);
    auto const& name = total_.sources.back();
    if(utf16)
        return error(errc::unsupported,
                     diagnostics{.message = name + " is UTF-16 text; IIS writes UTF-8. Convert it, for example in "
                                                   "PowerShell with Get-Content and Set-Content -Encoding utf8",
                                 .layer = "iis-log"});
    if(total_.entries == entries_before_ && map_.count == 0)
        return error(errc::no_fields_directive,
                     diagnostics{.message = name + " has no #Fields line, so its columns have no names; give the file "
                                                   "as IIS wrote it, from its first line on",
                                 .layer = "iis-log"});
    return success();
}

void log_reader::count_bad(std::uint64_t number)
{
    ++total_.bad_lines;
    if(total_.first_bad_lines.size() < most_bad_lines)
        total_.first_bad_lines.push_back(number);
}

void log_reader::on_directive(split_line const& line)
{
    auto const colon = line.text.find(':');
    auto const name = line.text.substr(0, colon);
    if(colon == line.text.npos)
        return;
    auto value = line.text.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if(equal_ignoring_case(name, "#fields")) {
        if(auto const map = read_fields(value)) {
            map_ = *map;
            any_fields_ = true;
            for(auto& missing : missing_fields(map_))
                missing_.insert(std::move(missing));
        } else {
            count_bad(line.number);
        }
    } else if(equal_ignoring_case(name, "#date")) {
        directive_day_ = read_day(value.substr(0, 10));
        auto const clock = value.size() > 11 ? read_clock(value.substr(11, 8)) : -1;
        directive_time_ = directive_day_ && clock >= 0 ? *directive_day_ * seconds_a_day + clock : no_time;
    }
}

// IIS separates fields by one blank. Some of its lines have two, and some field lists and lines end with one.
bool log_reader::mend(split_line const& line, tokens& t)
{
    if(line.blanks > line_splitter::most_ends)
        return false;
    std::size_t kept = 0;
    t.mended = true;
    for(std::size_t i = 0; i < line.blanks; ++i) {
        auto const at = line.ends[i];
        if(at == t.begin)
            t.begin = at + 1;
        else if(at + 1 != t.end && line.block[at + 1] != ' ')
            mended_[kept++] = at;
    }
    t.ends = mended_.data();
    return kept + 1 == map_.count;
}

bool log_reader::read_time(tokens const& t, log_time& time)
{
    auto const date = t[column::date], clock = t[column::time];
    int seconds = -1;
    if(!clock.empty() && (seconds = read_clock(clock)) < 0)
        return false;
    std::optional<std::int64_t> day = directive_day_;
    if(!date.empty()) {
        if(date.size() != last_date_.size())
            return false;
        if(std::memcmp(date.data(), last_date_.data(), last_date_.size()) != 0) {
            auto const read = read_day(date);
            if(!read)
                return false;
            last_day_ = *read;
            std::ranges::copy(date, last_date_.begin());
        }
        day = last_day_;
    }
    time = day && seconds >= 0             ? *day * seconds_a_day + seconds
           : date.empty() && clock.empty() ? directive_time_
                                           : no_time;
    return true;
}

void log_reader::on_line(split_line const& line)
{
    if(line.text.front() == '#')
        return on_directive(line);
    auto const begin = static_cast<std::uint32_t>(line.text.data() - line.block);
    tokens t{map_, line.block, line.ends, begin, begin + static_cast<std::uint32_t>(line.text.size())};
    log_time time = no_time;
    auto const bad = (line.blanks + 1 != map_.count && (map_.count == 0 || !mend(line, t))) || !read_time(t, time);
    if(bad)
        return count_bad(line.number);
    auto const status = t[column::status];
    if(status.size() > 3 || !std::ranges::all_of(status, is_digit))
        return count_bad(line.number);
    ++total_.entries;
    if(time != no_time) {
        first_ = first_ == no_time ? time : std::min(first_, time);
        last_ = std::max(last_, time);
    }
    if(entry_sink)
        show_entry(line, t, time);
    auto const& seen = look_at_stem(t[column::stem]);
    auto const query = t[column::query];
    if(!seen.scep && query.empty())
        return;
    auto const what = read_operation(query);
    if(!seen.scep && !what.scep_word)
        return;
    ++total_.scep_entries;
    auto const index = seen.index != no_index ? seen.index : intern_stem(t[column::stem], seen.hash);
    if(index == no_index)
        ++total_.dropped_rows;
    else
        count_scep(line, t, stems_[index], what, time);
}

log_reader::seen_stem const& log_reader::look_at_stem(std::string_view text)
{
    auto const hash = hash_of(text, seed_);
    auto& slot = seen_[hash % seen_.size()];
    if(slot.hash != hash || !slot.filled) {
        bool const scep = contains_ignoring_case(text, "mscep") || contains_ignoring_case(text, "/pkiclient.exe");
        slot = {hash, scep ? intern_stem(text, hash) : no_index, scep, true};
    }
    return slot;
}

std::uint32_t log_reader::intern_stem(std::string_view text, std::uint64_t hash)
{
    auto const found = stem_table_.find(hash, [&](std::uint32_t i) { return stems_[i].raw == text; });
    if(found != no_index)
        return found;
    if(text.size() > longest_stem)
        return no_index;
    // Paths that a stranger makes up take half of the room at most; those of NDES always find some.
    auto lower = to_lower(text);
    bool const usual = is_usual(lower);
    if(stems_.size() >= (usual ? most_stems : most_stems / 2))
        return no_index;
    auto const index = static_cast<std::uint32_t>(stems_.size());
    stem_table_.insert(hash, index);
    stem s{.raw = std::string(text)};
    std::string_view base = lower;
    if(base.ends_with("/pkiclient.exe"))
        base.remove_suffix(std::string_view("/pkiclient.exe").size());
    s.slash = base.size() > 1 && base.ends_with('/');
    if(s.slash)
        base.remove_suffix(1);
    s.usual = usual;
    s.base = intern_name(std::string(base));
    s.name = intern_name(std::move(lower));
    stems_.push_back(std::move(s));
    return index;
}

std::uint32_t log_reader::intern_name(std::string text)
{
    auto const hash = hash_of(text, seed_);
    auto index = name_table_.find(hash, [&](std::uint32_t i) { return names_[i] == text; });
    if(index == no_index) {
        index = static_cast<std::uint32_t>(names_.size());
        name_table_.insert(hash, index);
        names_.push_back(std::move(text));
    }
    return index;
}

void log_reader::count_scep(split_line const& line, tokens const& t, stem const& s, asked const& what, log_time time)
{
    auto const status = static_cast<std::uint16_t>(read_number(t[column::status]).value_or(0));
    auto const query = t[column::query];
    raw_line raw{.text = line.text};
    if(auto const message = find_parameter(query, "message")) {
        if(what.operation == operation::pki || looks_secret(query.substr(message->value, message->size))) {
            raw.cut = static_cast<std::size_t>(query.data() - line.text.data()) + message->value;
            raw.cut_size = message->size;
        }
    }
    call_key key{.name = s.name,
                 .status = status,
                 .operation = static_cast<std::uint8_t>(what.operation),
                 .method = method_number(t[column::method])};
    if(auto const sub = read_number(t[column::substatus]); sub && *sub <= 9999)
        key.substatus = static_cast<std::int32_t>(*sub);
    if(auto const win32 = read_number(t[column::win32])) {
        key.win32 = static_cast<std::uint32_t>(*win32);
        key.has_win32 = 1;
    }
    count_call(key, s.usual, raw, line.number, time);
    if(what.operation == operation::none || what.operation == operation::other)
        return;
    attempts_.add({.op = what.operation,
                   .client_address = t.client_address(),
                   .user_agent = t[column::user_agent],
                   .s_ip = t[column::s_ip],
                   .base = s.base,
                   .slash = s.slash,
                   .usual = s.usual,
                   .status = status,
                   .query_hash = status == 301 || s.slash ? hash_of(query, seed_) : 0,
                   .time = time,
                   .line = line.number,
                   .source = static_cast<std::uint32_t>(total_.sources.size() - 1),
                   .raw = raw});
}

void log_reader::count_call(call_key const& key, bool usual, raw_line const& raw, std::uint64_t line, log_time time)
{
    static_assert(std::has_unique_object_representations_v<call_key>);
    auto const hash = hash_of({reinterpret_cast<char const*>(&key), sizeof(key)}, seed_);
    auto index = call_table_.find(hash, [&](std::uint32_t i) { return calls_[i].key == key; });
    if(index == no_index) {
        // As with the stems: half of the table for what nobody knows.
        if(calls_.size() >= options_.rows || (!usual && unusual_rows_ >= options_.rows / 2)) {
            ++total_.dropped_rows;
            return;
        }
        unusual_rows_ += usual ? 0 : 1;
        index = static_cast<std::uint32_t>(calls_.size());
        call_table_.insert(hash, index);
        calls_.push_back({.key = key, .first = time});
    }
    auto& row = calls_[index];
    ++row.count;
    if(time != no_time) {
        row.first = row.first == no_time ? time : std::min(row.first, time);
        row.last = std::max(row.last, time);
    }
    if(row.samples.size() < most_call_samples) {
        std::string text;
        append_shown(text, raw, most_sample_bytes);
        row.samples.push_back(
            {.source = total_.sources.back(), .line = line, .time = time_text(time), .text = shown(text)});
    }
}

void log_reader::show_entry(split_line const& line, tokens const& t, log_time time)
{
    auto const number = [&](column c) -> std::optional<std::int64_t> {
        auto const value = read_number(t[c]);
        return value && *value <= 0x7fffffff ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    };
    // The one field that people read and that has no plus sign of its own.
    user_agent_ = t[column::user_agent];
    std::ranges::replace(user_agent_, '+', ' ');
    iis_entry e{.line = line.number,
                .s_ip = t[column::s_ip],
                .cs_method = t[column::method],
                .cs_uri_stem = t[column::stem],
                .cs_uri_query = t[column::query],
                .cs_username = t[column::username],
                .c_ip = t[column::c_ip],
                .cs_user_agent = user_agent_,
                .cs_host = t[column::host],
                .client_address = t.client_address(),
                .s_port = number(column::port),
                .sc_status = number(column::status),
                .sc_substatus = number(column::substatus),
                .time_taken = number(column::time_taken)};
    if(time != no_time)
        e.time = time_point(std::chrono::seconds(time));
    if(auto const win32 = read_number(t[column::win32]))
        e.sc_win32_status = *win32 & 0xffffffff;
    entry_sink(e);
}

facts::iis_summary log_reader::summary()
{
    attempts_.close_all();
    auto part = total_;
    part.missing_fields.assign(missing_.begin(), missing_.end());
    part.first = time_text(first_);
    part.last = time_text(last_);
    part.dropped_rows += attempts_.dropped();
    part.attempts = attempts_.rows(names_, total_.sources);
    for(auto& row : calls_)
        part.calls.push_back({.cs_uri_stem = names_[row.key.name],
                              .operation = std::string(operations[row.key.operation]),
                              .cs_method = std::string(methods[row.key.method]),
                              .sc_status = row.key.status,
                              .sc_substatus = row.key.substatus,
                              .sc_win32_status = row.key.has_win32 != 0 ? std::int64_t{row.key.win32} : -1,
                              .count = row.count,
                              .first = time_text(row.first),
                              .last = time_text(row.last),
                              .samples = std::move(row.samples)});
    facts::iis_summary out; // Merging into nothing puts the rows in their order.
    merge(out, part);
    return out;
}

} // namespace scepkit::inline v0::evidence::detail
