// SPDX-License-Identifier: BSL-1.0
// A log fed at once, in two pieces and in small ones has one summary, and nothing is counted that is no line.
#include "../require.hpp"

#include <scepkit/base/bytes.hpp>
#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/facts/json.hpp>

#include <algorithm>
#include <boost/json/value.hpp>

using namespace scepkit;
using fuzz::require;

namespace {

// Small, so that short inputs reach the bounds.
constexpr evidence::iis_reader_options options{.longest_line = 300, .open_attempts = 4, .rows = 6};

result<facts::iis_summary> read(std::string_view text, std::size_t piece)
{
    evidence::iis_log_reader reader("x", options);
    for(; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        reader.feed(text.substr(0, piece));
    return reader.finish();
}

boost::json::value json_of(facts::iis_summary const& s)
{
    facts::fact_set f;
    f.iis_logs.push_back(s);
    return facts::to_json(f);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = as_text({data, size});
    auto const whole = read(text, size + 1);
    for(auto const piece : {size / 2 + 1, std::size_t{3}}) {
        auto const parts = read(text, piece);
        require(parts.has_value() == whole.has_value(), "the pieces do not matter");
        if(whole)
            require(json_of(*parts) == json_of(*whole), "the pieces do not matter");
        else
            require(parts.error().code() == whole.error().code(), "the pieces do not matter");
    }
    if(!whole) {
        require(whole.error() == errc::no_fields_directive || whole.error() == errc::unsupported, "a typed error");
        return 0;
    }
    auto const ends = static_cast<std::uint64_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }));
    require(whole->lines <= ends + 1, "no more lines than line ends");
    require(whole->entries + whole->bad_lines <= ends + 1, "no more entries than lines");
    require(whole->scep_entries <= whole->entries, "SCEP entries are entries");
    require(whole->calls.size() <= options.rows && whole->attempts.size() <= options.rows, "bounded rows");
    std::uint64_t counted = 0;
    for(auto const& call : whole->calls)
        counted += call.count;
    require(counted <= whole->scep_entries, "each SCEP entry is one call at most");
    auto const back = facts::from_json(json_of(*whole));
    require(back.has_value() && facts::to_json(*back) == json_of(*whole), "facts come back from JSON");
    return 0;
}
