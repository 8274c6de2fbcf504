// SPDX-License-Identifier: BSL-1.0
#include "scep_responder_arguments.hpp"

#include "keys.hpp"

namespace scepkit::inline v0::cli::responder_tool {

namespace {

error clash(std::string message)
{
    return {errc::invalid_argument, diagnostics{.message = std::move(message), .layer = "cli"}};
}

void describe_place(CLI::App& app, settings& to)
{
    app.add_option("--listen", to.listen, "ADDR:PORT to listen at; port 0 takes a free one")->capture_default_str();
    app.add_flag("--tls", to.tls, "Serve https with a certificate of a throw-away CA (tls-ca.pem of --state)");
    app.add_option("--host", to.host, "Name in the URL and in the TLS certificate [the address]");
    app.add_option("--threads", to.threads, "Threads that answer")->check(CLI::Range(1u, 64u))->capture_default_str();
}

void describe_identity(CLI::App& app, settings& to)
{
    app.add_option("--state", to.state,
                   "Folder for certificates, keys and the ledger, used again on the next start [memory only]");
    app.add_option("--ca-key", to.ca_key,
                   "What the key of a new CA is; an EC one needs --ra-pair, or a profile with\nkey_agreement")
        ->check(CLI::IsMember({"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"}))
        ->capture_default_str();
    app.add_flag("--ra-pair", to.ra_pair,
                 "Sign replies and receive enrolments with two RA certificates, as NDES does [the CA does both]");
    app.add_flag("--next-ca", to.next_ca,
                 "Announce a next CA (GetNextCACert): ca-next.pem of --state, from half the old one's\nlife on");
    app.add_flag("--list", to.list, "Print what the ledger of --state says, a line for each step, and end");
    app.add_option("--durability", to.durability, "What the ledger survives: a power cut, or the end of the process")
        ->check(CLI::IsMember({"power", "process"}))
        ->capture_default_str();
}

void describe_rights(CLI::App& app, settings& to)
{
    app.add_option("--challenge-file", to.challenge_file,
                   "Challenges that are accepted, one a line; none in it refuses all\n"
                   "[one is made and kept in the file \"challenge\" of --state]");
    app.add_flag("--one-time", to.one_time, "Each challenge is good for one certificate");
    app.add_flag("--hold", to.hold,
                 "Answer PENDING until the transactionID stands in the file \"approved\" of --state, one a line");
    app.add_flag("--renewals", to.renewals, "Let certificates renew themselves without a challenge");
    app.add_option("--renewal-days", to.renewal_days, "… in the last so many days of their life; 0: any time")
        ->capture_default_str();
    app.add_option("--queries", to.queries,
                   "Who gets answers to GetCert and GetCRL; serial numbers (hex, one a line) in\nthe file \"revoked\" "
                   "of --state are on the CRL")
        ->check(CLI::IsMember({"refuse", "holders", "everybody"}))
        ->capture_default_str();
}

void describe_manner(CLI::App& app, settings& to)
{
    app.add_option("--profile", to.profile,
                   "Tolerances: rfc8894, ndes, apple, cisco-ios, windows, legacy, strict; single ones are switched\n"
                   "behind it: rfc8894+key_agreement (docs/quirks.md)")
        ->capture_default_str();
    app.add_option("--replies", to.replies, "What a SUCCESS holds beside the certificate: nothing, the CA, the chain")
        ->check(CLI::IsMember({"leaf", "ca", "chain"}))
        ->capture_default_str();
    app.add_option("--reply-order", to.reply_order, "Apple takes the first certificate; \"der\" sorts the set")
        ->check(CLI::IsMember({"leaf-first", "der"}))
        ->capture_default_str();
    app.add_option("--bag-order", to.bag_order, "What comes first in GetCACert")
        ->check(CLI::IsMember({"ca-first", "ra-first"}))
        ->capture_default_str();
    app.add_flag("--pss", to.pss, "Sign replies with RSASSA-PSS");
    app.add_flag("--oaep", to.oaep, "Answer requests that came with RSAES-OAEP with it");
    app.add_flag("--password-requests", to.password_requests,
                 "Open requests that are encrypted under the first challenge (RFC 8894, 3.1)");
}

} // namespace

void describe(CLI::App& app, settings& to)
{
    app.description("A small SCEP server (RFC 8894) with a CA of its own, for tests and laboratories.\n"
                    "The first line on stdout is its URL. SIGHUP reads challenges, profile and certificates again.");
    describe_place(app, to);
    describe_identity(app, to);
    describe_rights(app, to);
    describe_manner(app, to);
}

result<void> complete(settings& set)
{
    if(set.state.empty() && set.hold)
        return clash("--hold needs --state: the file \"approved\" is in it");
    if(set.state.empty() && set.list)
        return clash("--list needs --state: the ledger is in it");
    if(set.renewal_days != 0)
        set.renewals = true;
    return success();
}

scep::query_policy query_policy_of(settings const& set)
{
    return set.queries == "refuse"    ? scep::query_policy::refuse
           : set.queries == "holders" ? scep::query_policy::certificate_holders
                                      : scep::query_policy::everybody;
}

scep::reply_certificates replies_of(settings const& set)
{
    return set.replies == "leaf" ? scep::reply_certificates::leaf
           : set.replies == "ca" ? scep::reply_certificates::leaf_and_issuing_ca
                                 : scep::reply_certificates::leaf_and_chain;
}

} // namespace scepkit::inline v0::cli::responder_tool
