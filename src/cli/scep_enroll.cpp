// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"
#include "outputs.hpp"

#include <base/try.hpp>
#include <scepkit/http/endpoint.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/scep/enrollment.hpp>

#include <filesystem>
#include <ostream>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::string_view tool = "scep-enroll";
constexpr int issued_code = 0;
constexpr int pending_code = 1;
constexpr int refused_code = 2; ///< Refused by the server, not trusted, or not reached.
constexpr std::size_t largest_file = 1u << 20;

struct settings {
    std::string url;
    std::string subject;
    std::string challenge_file;
    std::string ca_fingerprint;
    std::string ca_file;
    bool first_use = false;
    std::string tls_ca_file;
    std::string key;
    std::string out;
    std::string chain_out;
    std::string profile = "ndes";
};

void describe(CLI::App& app, settings& to)
{
    app.description("Asks a SCEP server for one certificate. Nothing is written unless it was issued.\n"
                    "Exit codes: 0 issued, 1 pending, 2 refused or unreachable, 3 could not run.");
    app.add_option("URL", to.url, "The SCEP endpoint; https:// where no scheme is given")->required();
    app.add_option("--subject", to.subject, "Distinguished name, as \"CN=device 7,O=Contoso\"")->required();
    app.add_option("--challenge-file", to.challenge_file, "File whose first line is the challenge password");
    auto* const trust = app.add_option_group("trust", "How the CA is known: one of these");
    trust->add_option("--ca-fingerprint", to.ca_fingerprint, "SHA-256 of a certificate that GetCACert must hold");
    trust->add_option("--ca-file", to.ca_file, "PEM file with the CA certificate, or one that it chains to");
    trust->add_flag("--trust-on-first-use", to.first_use, "Believe the server; its CA's fingerprint is printed");
    trust->require_option(1);
    app.add_option("--tls-ca-file", to.tls_ca_file, "PEM file with the roots for https [the system's]");
    app.add_option("--key", to.key,
                   "Private key, PEM; made (RSA 2048, mode 0600) where there is none, never overwritten\n"
                   "[the name of --out and \".key\"]");
    app.add_option("--out", to.out, "The certificate, PEM; \"-\" is stdout")->required();
    app.add_option("--chain-out", to.chain_out, "The certificates of its issuers, PEM");
    app.add_option("--profile", to.profile,
                   "Tolerances: rfc8894, ndes, apple, cisco-ios, windows, legacy, strict [ndes]");
}

/// What the arguments come to, before anything is sent.
struct plan {
    http::endpoint server;
    std::optional<pki::private_key> kept_key; ///< Absent: one is made and written beside the certificate.
    pki::private_key key;
    scep::enrollment enrollment;
};

bool exists(std::string const& path)
{
    // A link that leads nowhere counts: the key is not written through it.
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

result<scep::ca_trust> trust_of(settings const& set)
{
    if(!set.ca_fingerprint.empty())
        return scep::ca_trust::pinned_hex(set.ca_fingerprint);
    if(!set.ca_file.empty()) {
        SCEPKIT_TRY(auto const pem, read_file(set.ca_file, largest_file));
        SCEPKIT_TRY(auto anchors, pki::certificate::all_from_pem(pem));
        return scep::ca_trust::anchored(std::move(anchors));
    }
    return scep::ca_trust::trust_on_first_use();
}

result<std::optional<pki::private_key>> kept_key_of(settings const& set)
{
    if(!exists(set.key))
        return std::optional<pki::private_key>();
    SCEPKIT_TRY(auto raw, read_file(set.key, largest_file));
    secret_bytes const pem(std::move(raw));
    SCEPKIT_TRY(auto key, pki::private_key::from_pem(pem.view()));
    return std::optional(std::move(key));
}

result<pki::certificate_request> request_of(settings const& set, pki::private_key const& key)
{
    SCEPKIT_TRY(auto subject, pki::name::parse(set.subject));
    pki::certificate_request_builder builder;
    builder.subject(std::move(subject));
    builder.usage(pki::key_usage::digital_signature | pki::key_usage::key_encipherment);
    if(!set.challenge_file.empty()) {
        SCEPKIT_TRY(auto challenges, read_challenges(set.challenge_file));
        if(challenges.empty())
            return error(errc::invalid_argument, set.challenge_file + " holds no challenge");
        builder.challenge_password(std::move(challenges.front()));
    }
    return builder.sign(key);
}

/// The floor follows the profile: who asks for old algorithms by name gets them.
scep::capability_floor floor_of(scep::profile const& profile)
{
    return {.allow_sha1 = profile.name == "legacy",
            .allow_triple_des = profile.allows(scep::quirk::triple_des),
            .allow_single_des = profile.allows(scep::quirk::single_des)};
}

result<plan> prepare(settings const& set)
{
    auto const url = set.url.find("://") == std::string::npos ? "https://" + set.url : set.url;
    SCEPKIT_TRY(auto server, http::endpoint::parse(url));
    SCEPKIT_TRY(auto trust, trust_of(set));
    scep::enrollment_options options;
    SCEPKIT_TRY(options.profile, scep::profile::named(set.profile));
    options.floor = floor_of(options.profile);
    SCEPKIT_TRY(auto kept, kept_key_of(set));
    SCEPKIT_TRY(auto key, kept ? result<pki::private_key>(*kept) : pki::private_key::generate(pki::key_kind::rsa));
    SCEPKIT_TRY(auto request, request_of(set, key));
    SCEPKIT_TRY(auto enrollment,
                scep::enrollment::create({.request = std::move(request), .key = key, .signer = {}, .signer_key = {}},
                                         std::move(trust), std::move(options)));
    return plan{std::move(server), std::move(kept), std::move(key), std::move(enrollment)};
}

/// Every file that will be written, tried while nothing has been sent: a challenge is good once.
result<void> try_outputs(settings const& set, plan const& p)
{
    if(set.out != "-")
        SCEPKIT_CHECK(try_output(set.out));
    if(!set.chain_out.empty())
        SCEPKIT_CHECK(try_output(set.chain_out));
    if(!p.kept_key)
        SCEPKIT_CHECK(try_output(set.key));
    return success();
}

result<void> write_certificate(settings const& set, scep::issued const& got, streams const& s)
{
    auto const pem = got.certificate.to_pem();
    if(set.out != "-")
        return write_output(set.out, as_bytes(pem), 0644);
    s.out << pem << std::flush;
    if(!s.out)
        return error(errc::file_unwritable, "stdout could not be written");
    return success();
}

result<void> write_all(settings const& set, plan const& p, scep::issued const& got, streams const& s)
{
    // A stream first: what it refuses cannot be taken back, and then nothing else should be left behind. Files last to
    // first of use: no certificate without its key.
    auto const stream = set.out == "-" || target_of(set.out) == target::stream;
    if(stream)
        SCEPKIT_CHECK(write_certificate(set, got, s));
    if(!p.kept_key) {
        SCEPKIT_TRY(auto const pem, p.key.to_pem());
        SCEPKIT_CHECK(write_new_file(set.key, pem.view(), 0600));
    }
    if(!set.chain_out.empty()) {
        std::string chain;
        for(auto const& c : got.chain)
            chain += c.to_pem();
        SCEPKIT_CHECK(write_output(set.chain_out, as_bytes(chain), 0644));
    }
    if(!stream)
        SCEPKIT_CHECK(write_certificate(set, got, s));
    return success();
}

void tell_tolerances(streams const& s, scep::quirk_set const& used)
{
    std::string names;
    for(auto const q : used.list()) {
        names += names.empty() ? "" : ", ";
        names += cms::name_of(q);
    }
    if(!names.empty())
        say(s, tool, "tolerated by the profile: " + names);
}

int finish(settings const& set, plan const& p, scep::issued const& got, streams const& s)
{
    if(auto const written = write_all(set, p, got, s); !written)
        return complain(s, tool, "the certificate was issued and could not be written", written.error());
    say(s, tool, "issued: " + got.certificate.subject().to_string() + ", by " + got.certificate.issuer().to_string());
    say(s, tool,
        "serial " + to_hex(got.certificate.serial()) + ", valid until " + to_iso8601(got.certificate.not_after()));
    if(set.first_use) {
        for(auto const& c : got.chain) {
            if(c.is_ca())
                say(s, tool, "trusted on first use: " + c.subject().to_string() + ", SHA-256 " + to_hex(c.sha256()));
        }
    }
    tell_tolerances(s, got.tolerances);
    return issued_code;
}

int finish(scep::pending const& waiting, streams const& s)
{
    say(s, tool, "pending: somebody has to approve the request at the CA (transaction " + waiting.transaction_id + ")");
    tell_tolerances(s, waiting.tolerances);
    return pending_code;
}

int finish(scep::rejected const& no, streams const& s)
{
    std::string text = "refused";
    if(no.fail_info)
        text.append(": failInfo ").append(scep::name_of(*no.fail_info));
    if(!no.fail_info_text.empty())
        text += " (" + no.fail_info_text + ")";
    say(s, tool, text);
    if(no.microsoft_error) {
        auto line = "HRESULT " + no.microsoft_error->to_string();
        if(!no.microsoft_error->name().empty())
            line.append(" ").append(no.microsoft_error->name());
        if(!no.microsoft_error->hint().empty())
            line.append(": ").append(no.microsoft_error->hint());
        say(s, tool, line);
    }
    if(no.fail_info == scep::fail_info::bad_message_check || no.fail_info == scep::fail_info::bad_request)
        say(s, tool, "a wrong, used or expired challenge is answered like this");
    tell_tolerances(s, no.tolerances);
    return refused_code;
}

/// What this machine or the call did wrong is "could not run", what the other side did is "refused or unreachable".
int code_of(error const& e)
{
    auto const ours = e.condition() == condition::api_misuse || e.condition() == condition::environment;
    return ours ? could_not_run : refused_code;
}

int run(std::vector<std::string> const& arguments, streams const& s)
{
    CLI::App app;
    settings set;
    add_common(app, tool);
    describe(app, set);
    if(auto const code = parse(app, tool, arguments, s))
        return *code;
    if(set.key.empty() && set.out == "-") {
        say(s, tool, "--out - needs --key: there is no name for the key");
        return could_not_run;
    }
    if(set.key.empty())
        set.key = set.out + ".key";
    if(set.key == set.out || set.key == set.chain_out || (set.out == set.chain_out)) {
        say(s, tool, "--key, --out and --chain-out need different files");
        return could_not_run;
    }
    auto p = prepare(set);
    if(!p)
        return complain(s, tool, "nothing was sent", p.error());
    if(auto const writable = try_outputs(set, *p); !writable)
        return complain(s, tool, "nothing was sent", writable.error());

    net::client_options options;
    options.user_agent = "scepkit-enroll/" SCEPKIT_VERSION;
    options.cancel = &s.stop;
    if(!set.tls_ca_file.empty())
        options.tls.ca_file = set.tls_ca_file;
    net::client client(std::move(options));
    auto const outcome = client.run(p->enrollment, p->server);
    if(!outcome) {
        complain(s, tool, "no certificate from " + p->server.url(), outcome.error());
        if(outcome.error() == errc::algorithm_not_allowed && set.profile != "legacy")
            say(s, tool, "--profile legacy reads what old servers, and those in Go, still write");
        return code_of(outcome.error());
    }
    if(auto const* issued = std::get_if<scep::issued>(&*outcome))
        return finish(set, *p, *issued, s);
    if(auto const* pending = std::get_if<scep::pending>(&*outcome))
        return finish(*pending, s);
    if(auto const* rejected = std::get_if<scep::rejected>(&*outcome))
        return finish(*rejected, s);
    say(s, tool, "the enrolment ended without an outcome");
    return could_not_run;
}

} // namespace

int scep_enroll(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, tool, [&] { return run(arguments, s); });
}

} // namespace scepkit::inline v0::cli
