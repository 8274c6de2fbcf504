// SPDX-License-Identifier: BSL-1.0
// A list that is read is written and read again as the same, and no list gets a client below its floor.
#include "../require.hpp"

#include <scepkit/scep/capabilities.hpp>

using namespace scepkit;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const list = scep::capabilities::parse({data, size});
    if(!list) {
        fuzz::require_foreign(list.error());
        return 0;
    }
    for(auto const& word : list->unknown)
        require(!word.empty() && word.find_first_of("\r\n") == std::string::npos, "a word is one line");
    auto const text = list->to_text();
    auto const again = scep::capabilities::parse(as_bytes(text));
    // A word of the list can look like the start of a page once it stands first.
    require(again || again.error() == errc::html_instead_of_scep, "what was written is read");
    if(again)
        require(again->to_text() == text, "writing is stable");

    auto const modern = scep::negotiate(*list, {.allow_triple_des = false});
    if(modern) {
        require(modern->digest != pki::digest_algorithm::sha1 && modern->digest != pki::digest_algorithm::md5,
                "the floor holds");
        require(modern->cipher == cms::content_cipher::aes128_cbc, "the floor holds");
    } else {
        require(modern.error() == errc::capability_floor, "only the floor refuses");
    }
    require(scep::negotiate(*list, {.require_scep_standard = true}).has_value() == list->scep_standard,
            "the standard is required");
    require(scep::negotiate(*list, {.allow_sha1 = true, .allow_single_des = true}).has_value(),
            "without a floor there is a way");
    return 0;
}
