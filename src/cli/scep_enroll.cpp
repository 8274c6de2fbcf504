// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"
#include "outputs.hpp"
#include "scep_enroll_plan.hpp"

#include <base/try.hpp>
#include <scepkit/net/client.hpp>

#include <filesystem>
#include <ostream>

namespace scepkit::inline v0::cli {

namespace enroll {

namespace {

constexpr int issued_code = 0;
constexpr int pending_code = 1;
constexpr int refused_code = 2; ///< Refused by the server, not trusted, or not reached.

/// Every file that will be written, tried while nothing has been sent: a challenge is good once.
result<void> try_outputs(settings const& set, plan const& p)
{
    if(set.out != "-")
        SCEPKIT_CHECK(try_output(set.out));
    if(!set.chain_out.empty())
        SCEPKIT_CHECK(try_output(set.chain_out));
    if(p.key_is_new)
        SCEPKIT_CHECK(try_output(set.key));
    return try_output(set.pending_file);
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
    if(p.key_is_new) {
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
    std::error_code ignored;
    if(auto const written = write_all(set, p, got, s); !written)
        return complain(s, tool, "the certificate was issued and could not be written", written.error());
    say(s, tool, "issued: " + got.certificate.subject().to_string() + ", by " + got.certificate.issuer().to_string());
    say(s, tool,
        "serial " + to_hex(got.certificate.serial()) + ", valid until " + to_iso8601(got.certificate.not_after()));
    if(!set.resume.empty())
        std::filesystem::remove(set.resume, ignored); // It led here, and leads nowhere else.
    if(set.first_use) {
        for(auto const& c : got.chain) {
            if(c.is_ca())
                say(s, tool, "trusted on first use: " + c.subject().to_string() + ", SHA-256 " + to_hex(c.sha256()));
        }
    }
    tell_tolerances(s, got.tolerances);
    return issued_code;
}

int finish(settings const& set, plan const& p, scep::pending const& waiting, streams const& s)
{
    auto const kept = [&]() -> result<void> {
        SCEPKIT_TRY(auto const saved, p.enrollment.save());
        if(p.key_is_new) {
            SCEPKIT_TRY(auto const pem, p.key.to_pem());
            SCEPKIT_CHECK(write_new_file(set.key, pem.view(), 0600));
        }
        return write_output(set.pending_file, saved, 0600);
    }();
    if(!kept)
        return complain(s, tool, "the enrolment is pending and cannot be gone on with", kept.error());
    say(s, tool,
        "pending: somebody has to approve the request at the CA" +
            (waiting.transaction_id.empty() ? "" : " (transaction " + waiting.transaction_id + ")"));
    say(s, tool, "go on with: --resume " + set.pending_file + " --key " + set.key);
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

int failed(settings const& set, std::string_view what, error const& why, streams const& s)
{
    complain(s, tool, what, why);
    if(why == errc::algorithm_not_allowed && set.profile != "legacy")
        say(s, tool, "--profile legacy reads what old servers, and those in Go, still write");
    return code_of(why);
}

net::client client_of(settings const& set, streams const& s)
{
    net::client_options options;
    options.user_agent = "scepkit-enroll/" SCEPKIT_VERSION;
    options.cancel = &s.stop;
    if(!set.tls_ca_file.empty())
        options.tls.ca_file = set.tls_ca_file;
    return net::client(std::move(options));
}

int run_enrollment(settings const& set, streams const& s)
{
    auto p = prepare(set, current_time());
    if(!p)
        return complain(s, tool, "nothing was sent", p.error());
    if(auto const writable = try_outputs(set, *p); !writable)
        return complain(s, tool, "nothing was sent", writable.error());
    auto client = client_of(set, s);
    auto const outcome = client.run(p->enrollment, p->server);
    if(!outcome) {
        // A poll that led nowhere is no reason to forget the request.
        if(outcome.error() == errc::polling_exhausted || outcome.error() == errc::cancelled)
            if(p->enrollment.save()) {
                say(s, tool, outcome.error().to_string());
                return finish(set, *p, scep::pending{}, s);
            }
        return failed(set, "no certificate from " + p->server.url(), outcome.error(), s);
    }
    if(auto const* issued = std::get_if<scep::issued>(&*outcome))
        return finish(set, *p, *issued, s);
    if(auto const* pending = std::get_if<scep::pending>(&*outcome))
        return finish(set, *p, *pending, s);
    if(auto const* rejected = std::get_if<scep::rejected>(&*outcome))
        return finish(*rejected, s);
    say(s, tool, "the enrolment ended without an outcome");
    return could_not_run;
}

/// What was asked for as PEM, and a line about it.
struct found {
    std::string pem;
    std::string line;
    scep::quirk_set tolerances;
};

std::string one_line(pki::certificate const& c)
{
    return c.subject().to_string() + ", SHA-256 " + to_hex(c.sha256()) + ", valid until " + to_iso8601(c.not_after());
}

std::optional<found> found_in(scep::query_outcome const& outcome)
{
    found out;
    if(auto const* ca = std::get_if<scep::ca_description>(&outcome)) {
        for(auto const& c : ca->identity.all)
            out.pem += c.to_pem();
        out.line = "issuing CA " + one_line(ca->identity.issuing_ca);
        out.tolerances = ca->identity.tolerances;
    } else if(auto const* next = std::get_if<scep::next_ca>(&outcome)) {
        for(auto const& c : next->all)
            out.pem += c.to_pem();
        out.line = "next CA " + one_line(next->certificate) + ", from " + to_iso8601(next->switch_over);
        out.tolerances = next->tolerances;
    } else if(auto const* certificate = std::get_if<scep::found_certificate>(&outcome)) {
        out = {certificate->certificate.to_pem(), one_line(certificate->certificate), certificate->tolerances};
    } else if(auto const* list = std::get_if<scep::found_crl>(&outcome)) {
        out = {list->crl.to_pem(),
               "CRL of " + list->crl.issuer().to_string() + " with " + std::to_string(list->crl.size()) +
                   " entries, of " + to_iso8601(list->crl.this_update()),
               list->tolerances};
    } else {
        return std::nullopt;
    }
    return out;
}

int run_query(settings const& set, streams const& s)
{
    auto const server = server_of(set);
    if(!server)
        return complain(s, tool, "nothing was sent", server.error());
    auto question = prepare_query(set);
    if(!question)
        return complain(s, tool, "nothing was sent", question.error());
    if(set.out != "-")
        if(auto const writable = try_output(set.out); !writable)
            return complain(s, tool, "nothing was sent", writable.error());
    auto client = client_of(set, s);
    auto const outcome = client.run(*question, *server);
    if(!outcome)
        return failed(set, "no answer from " + server->url(), outcome.error(), s);
    if(auto const* rejected = std::get_if<scep::rejected>(&*outcome))
        return finish(*rejected, s);
    auto const answer = found_in(*outcome);
    if(!answer) {
        say(s, tool, "the question ended without an outcome");
        return could_not_run;
    }
    if(set.out == "-")
        s.out << answer->pem << std::flush;
    else if(auto const written = write_output(set.out, as_bytes(answer->pem), 0644); !written)
        return complain(s, tool, "the answer could not be written", written.error());
    say(s, tool, answer->line);
    tell_tolerances(s, answer->tolerances);
    return issued_code;
}

int run(std::vector<std::string> const& arguments, streams const& s)
{
    CLI::App app;
    settings set;
    add_common(app, tool);
    describe(app, set);
    if(auto const code = parse(app, tool, arguments, s))
        return *code;
    if(auto const fits = complete(set); !fits)
        return complain(s, tool, "the command line", fits.error());
    return set.get.empty() ? run_enrollment(set, s) : run_query(set, s);
}

} // namespace

} // namespace enroll

int scep_enroll(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, enroll::tool, [&] { return enroll::run(arguments, s); });
}

} // namespace scepkit::inline v0::cli
