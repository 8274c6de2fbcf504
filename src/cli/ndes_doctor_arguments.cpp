// SPDX-License-Identifier: BSL-1.0
#include <cli/ndes_doctor_arguments.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <filesystem>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::string_view tool = "ndes-doctor";

/// As they stand on the command line.
struct raw_arguments {
    std::vector<std::string> words;
    std::vector<std::string> logs;
    std::vector<std::string> connect_to;
    bool json = false;
    bool list_findings = false;
    std::string ca_file;
    double timeout = 30;
    double connect_timeout = 10;
    std::string expect = "any";
    std::string profile = "ndes";
    std::string explain;
};

void declare(CLI::App& app, raw_arguments& raw)
{
    app.description("Finds out why SCEP enrolment through NDES fails: from outside, from logs, or both.\n"
                    "Harmless: it issues nothing, uses no challenge, follows no redirect and asks nobody but the "
                    "URL's host.");
    app.footer("Exit code: 0 ok, 1 warning, 2 error, 3 could not run.");
    app.add_option("target", raw.words, "The SCEP URL of the profile, and files or folders that are evidence")
        ->type_name("URL|FILE|DIR");
    // One value each: "--iis-log FILE URL" must leave the URL alone.
    app.add_option("--iis-log", raw.logs, "An IIS log (W3C format); may be repeated")
        ->type_name("FILE")
        ->allow_extra_args(false);
    app.add_flag("--json", raw.json, "Print the diagnosis as JSON (scepkit-diagnosis-1)");
    app.add_option("--ca-file,--tls-ca-file", raw.ca_file, "Believe these CA certificates (PEM) for TLS")
        ->type_name("PEM");
    app.add_option("--connect-to", raw.connect_to, "Connect to ADDRESS:PORT instead of HOST:PORT, as in curl")
        ->type_name("HOST:PORT:ADDRESS:PORT")
        ->allow_extra_args(false);
    app.add_option("--timeout", raw.timeout, "Seconds for one request")->type_name("S")->capture_default_str();
    app.add_option("--connect-timeout", raw.connect_timeout, "Seconds for connecting to one address")
        ->type_name("S")
        ->capture_default_str();
    app.add_option("--expect", raw.expect, "What this server should be")
        ->check(CLI::IsMember({"intune", "ndes", "any"}))
        ->capture_default_str();
    app.add_option("--profile", raw.profile, "Tolerances for what the server sends")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_option("--explain", raw.explain, "Print what a finding means and how to mend it")->type_name("ID");
    app.add_flag("--list-findings", raw.list_findings, "Print every finding this program knows");
}

/// Seconds to milliseconds; nothing for what is no sensible time.
std::optional<std::chrono::milliseconds> read_seconds(double seconds)
{
    constexpr double longest = 3600;
    if(!std::isfinite(seconds) || seconds < 0.001 || seconds > longest)
        return std::nullopt;
    return std::chrono::milliseconds(std::llround(seconds * 1000));
}

bool starts_with_scheme(std::string_view word, std::string_view scheme)
{
    return word.size() > scheme.size() && std::equal(scheme.begin(), scheme.end(), word.begin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

bool exists(std::string const& path)
{
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

/// A misspelt file name is better called missing than looked up in the DNS.
bool looks_like_file(std::string_view word)
{
    if(word.starts_with('/') || word.starts_with('.') || word.starts_with('~') ||
       word.find('\\') != std::string_view::npos)
        return true;
    static constexpr std::array endings{".log", ".txt", ".csv", ".json", ".xml", ".evtx",   ".zip",
                                        ".gz",  ".pem", ".cer", ".p7b",  ".reg", ".config", ".mobileconfig"};
    return word.find('/') == std::string_view::npos &&
           std::any_of(endings.begin(), endings.end(), [&](char const* e) { return word.ends_with(e); });
}

/// HOST[:PORT][/PATH] with a dot in the host, "localhost", or an address in brackets.
bool looks_like_host(std::string_view word)
{
    auto const authority = word.substr(0, word.find_first_of("/?#"));
    if(authority.starts_with('['))
        return authority.find(']') != std::string_view::npos;
    auto const colon = authority.find(':');
    auto const host = authority.substr(0, colon);
    auto const port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon + 1);
    auto const digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    auto const of_a_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    };
    if(host.empty() || !std::all_of(host.begin(), host.end(), of_a_name))
        return false;
    if(colon != std::string_view::npos && (port.empty() || !std::all_of(port.begin(), port.end(), digit)))
        return false;
    return host == "localhost" || host.find('.') != std::string_view::npos;
}

result<net::client_options> read_client_options(raw_arguments const& raw)
{
    net::client_options client;
    client.user_agent = "scepkit-doctor/" SCEPKIT_VERSION;
    auto const timeout = read_seconds(raw.timeout);
    auto const connect_timeout = read_seconds(raw.connect_timeout);
    if(!timeout || !connect_timeout)
        return error(errc::invalid_argument, "a timeout is a number of seconds between 0.001 and 3600");
    client.request_timeout = *timeout;
    client.connect_timeout = *connect_timeout;
    for(auto const& rule : raw.connect_to) {
        SCEPKIT_TRY(auto parsed, net::connect_to_rule::parse(rule));
        client.connect_to.push_back(std::move(parsed));
    }
    if(!raw.ca_file.empty()) {
        // Found out now, not in the middle of the first handshake.
        SCEPKIT_TRY(auto const pem, read_file(raw.ca_file, 16u << 20));
        SCEPKIT_TRY(auto const anchors, pki::certificate::all_from_pem(pem));
        client.tls.ca_file = raw.ca_file;
    }
    return client;
}

diagnosis::expectation read_expectation(std::string_view name)
{
    return name == "intune" ? diagnosis::expectation::intune
           : name == "ndes" ? diagnosis::expectation::ndes
                            : diagnosis::expectation::any;
}

/// Sorts the words; the text is the sentence where one is neither URL nor file.
std::optional<std::string> take_words(std::vector<std::string> const& words, doctor_request& request)
{
    for(auto const& word : words) {
        auto const read = read_doctor_word(word);
        if(read.type == doctor_word::kind::neither)
            return read.value;
        if(read.type == doctor_word::kind::evidence) {
            request.evidence.push_back(read.value);
            continue;
        }
        if(request.url)
            return "one URL at a time: run it once for " + request.url->url() + " and once for " + read.value;
        auto parsed = http::endpoint::parse(read.value);
        if(!parsed)
            return "this URL cannot be used: " + parsed.error().to_string();
        request.url = *std::move(parsed);
    }
    return std::nullopt;
}

/// Fills `request`; the text is the sentence for what cannot be followed.
std::optional<std::string> check(raw_arguments const& raw, doctor_request& request)
{
    if(!raw.explain.empty()) {
        request.what = doctor_request::task::explain;
        request.explain = raw.explain;
        return std::nullopt;
    }
    if(raw.list_findings) {
        request.what = doctor_request::task::list_findings;
        return std::nullopt;
    }
    auto profile = scep::profile::named(raw.profile);
    if(!profile)
        return profile.error().to_string();
    request.profile = *std::move(profile);
    request.expected = read_expectation(raw.expect);
    auto client = read_client_options(raw);
    if(!client)
        return client.error().to_string();
    request.client = *std::move(client);
    request.logs = raw.logs;
    if(auto sentence = take_words(raw.words, request))
        return sentence;
    if(!request.url && request.evidence.empty() && request.logs.empty())
        return "nothing to look at: give the SCEP URL of the profile, an IIS log, or both (see --help)";
    return std::nullopt;
}

} // namespace

doctor_word read_doctor_word(std::string const& word)
{
    using kind = doctor_word::kind;
    if(starts_with_scheme(word, "http://") || starts_with_scheme(word, "https://"))
        return {kind::url, word};
    if(word.find("://") != std::string::npos)
        return {kind::neither, "only http:// and https:// URLs can be asked: " + word};
    if(exists(word))
        return {kind::evidence, word};
    if(looks_like_file(word))
        return {kind::neither, "there is no file or folder " + word};
    if(looks_like_host(word))
        return {kind::url, "https://" + word};
    return {kind::neither, "neither a URL nor a file that exists: " + word};
}

std::variant<doctor_request, doctor_refusal, int> read_doctor_arguments(std::vector<std::string> const& arguments,
                                                                        streams const& s)
{
    raw_arguments raw;
    CLI::App app;
    add_common(app, tool);
    declare(app, raw);
    if(auto const code = parse(app, tool, arguments, s)) {
        if(*code == 0)
            return 0;
        auto const json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        return doctor_refusal{.sentence = "the arguments cannot be understood",
                              .output = json ? doctor_request::format::json : doctor_request::format::text,
                              .on_stderr = doctor_refusal::state::said};
    }
    doctor_request request;
    request.output = raw.json ? doctor_request::format::json : doctor_request::format::text;
    if(auto sentence = check(raw, request))
        return doctor_refusal{.sentence = *std::move(sentence), .output = request.output};
    return request;
}

} // namespace scepkit::inline v0::cli
