// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/capabilities.hpp>

#include <scep/detail/html.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep {

namespace {

struct word {
    std::string_view text;
    bool capabilities::*flag;
};

// In the order in which they are written.
constexpr std::array words{
    word{"AES", &capabilities::aes},
    word{"DES3", &capabilities::des3},
    word{"GetNextCACert", &capabilities::get_next_ca_cert},
    word{"POSTPKIOperation", &capabilities::post_pki_operation},
    word{"Renewal", &capabilities::renewal},
    word{"SHA-1", &capabilities::sha1},
    word{"SHA-256", &capabilities::sha256},
    word{"SHA-512", &capabilities::sha512},
    word{"SCEPStandard", &capabilities::scep_standard},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept
{
    static constexpr std::string_view blanks{" \t\v\f\0", 5};
    auto const first = text.find_first_not_of(blanks);
    if(first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 3.5.2"}};
}

} // namespace

result<capabilities> capabilities::parse(bytes_view body, limits const& bounds)
{
    if(body.size() > bounds.capabilities_size)
        return fail(errc::too_large, "the list of capabilities is longer than any real one");
    if(detail::looks_like_html(body))
        return fail(errc::html_instead_of_scep, "GetCACaps was answered with a web page: check the path of the URL");
    auto text = as_text(body);
    capabilities found;
    std::size_t lines = 0;
    while(!text.empty()) {
        auto const end = text.find_first_of("\r\n");
        auto line = trimmed(text.substr(0, end));
        // A byte order mark, which some editor put before the first word.
        while(line.starts_with("\xef\xbb\xbf"))
            line = trimmed(line.substr(3));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if(line.empty())
            continue;
        if(++lines > bounds.capability_lines)
            return fail(errc::too_many, "more capability lines than any real server sends");
        auto const known =
            std::find_if(words.begin(), words.end(), [&](word const& w) { return same_word(w.text, line); });
        if(known != words.end())
            found.*(known->flag) = true;
        else
            found.unknown.emplace_back(line);
    }
    return found;
}

std::string capabilities::to_text() const
{
    std::string text;
    for(auto const& w : words)
        if(this->*(w.flag))
            text.append(w.text).append("\n");
    for(auto const& other : unknown)
        text.append(other).append("\n");
    return text;
}

result<negotiated> negotiate(capabilities const& offered, capability_floor const& floor)
{
    if(floor.require_scep_standard && !offered.scep_standard)
        return fail(errc::capability_floor, "the server does not list SCEPStandard, which the caller requires");
    negotiated chosen;
    chosen.use_post = offered.supports_post();
    // A server that lists no digest at all is one of the old ones, which know SHA-1.
    if(offered.supports_sha256())
        chosen.digest = pki::digest_algorithm::sha256;
    else if(offered.sha512)
        chosen.digest = pki::digest_algorithm::sha512;
    else if(floor.allow_sha1)
        chosen.digest = pki::digest_algorithm::sha1;
    else
        return fail(errc::capability_floor, "the server lists neither SHA-256 nor SHA-512, and SHA-1 is not accepted");
    if(offered.supports_aes())
        chosen.cipher = cms::content_cipher::aes128_cbc;
    else if(floor.allow_triple_des)
        chosen.cipher = cms::content_cipher::des_ede3_cbc;
    else if(floor.allow_single_des)
        chosen.cipher = cms::content_cipher::des_cbc;
    else
        return fail(errc::capability_floor, "the server does not list AES, and 3DES is not accepted");
    return chosen;
}

} // namespace scepkit::inline v0::scep
