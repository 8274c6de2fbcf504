// SPDX-License-Identifier: BSL-1.0
#include "scep_enroll_arguments.hpp"

#include "keys.hpp"

#include <base/try.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace scepkit::inline v0::cli::enroll {

namespace {

constexpr std::size_t largest_file = 1u << 20;

template <class Value, std::size_t N>
using table = std::array<std::pair<std::string_view, Value>, N>;

constexpr table<cms::content_cipher, 7> ciphers{{{"aes128", cms::content_cipher::aes128_cbc},
                                                 {"aes192", cms::content_cipher::aes192_cbc},
                                                 {"aes256", cms::content_cipher::aes256_cbc},
                                                 {"aes128-gcm", cms::content_cipher::aes128_gcm},
                                                 {"aes256-gcm", cms::content_cipher::aes256_gcm},
                                                 {"des3", cms::content_cipher::des_ede3_cbc},
                                                 {"des", cms::content_cipher::des_cbc}}};
constexpr table<pki::digest_algorithm, 4> digests{{{"sha1", pki::digest_algorithm::sha1},
                                                   {"sha256", pki::digest_algorithm::sha256},
                                                   {"sha384", pki::digest_algorithm::sha384},
                                                   {"sha512", pki::digest_algorithm::sha512}}};
constexpr table<scep::transaction_id_form, 6> id_forms{{{"sha256", scep::transaction_id_form::sha256_hex},
                                                        {"sha256-base64", scep::transaction_id_form::sha256_base64},
                                                        {"sha1", scep::transaction_id_form::sha1_hex},
                                                        {"sha1-base64", scep::transaction_id_form::sha1_base64},
                                                        {"md5", scep::transaction_id_form::md5_hex},
                                                        {"apple", scep::transaction_id_form::apple}}};
constexpr table<scep::renewal_style, 3> renewals{{{"automatic", scep::renewal_style::automatic},
                                                  {"renewal-req", scep::renewal_style::renewal_req},
                                                  {"pkcs-req", scep::renewal_style::pkcs_req}}};

template <class Table>
CLI::IsMember one_of(Table const& t)
{
    std::vector<std::string> names;
    for(auto const& [name, value] : t)
        names.emplace_back(name);
    return CLI::IsMember(std::move(names));
}

/// The parser has let only names of the table through.
template <class Table>
auto value_of(Table const& t, std::string_view name)
{
    return std::find_if(t.begin(), t.end(), [&](auto const& row) { return row.first == name; })->second;
}

void describe_wish(CLI::App& app, settings& to)
{
    app.add_option("--subject", to.subject,
                   "Distinguished name, as \"CN=device 7,O=Contoso\"; a renewal keeps the old");
    app.add_option("--san", to.names, "A subjectAltName: dns:HOST, ip:ADDRESS, email:ADDRESS, uri:URI, upn:USER@DOMAIN")
        ->type_name("KIND:VALUE")
        ->allow_extra_args(false);
    app.add_option("--request", to.request_file, "A certification request of your own (PEM or DER), signed by --key")
        ->type_name("FILE");
    app.add_option("--challenge-file", to.challenge_file, "File whose first line is the challenge password");
    app.add_option("--renew", to.renew, "Renew this certificate (PEM); it signs instead of a challenge")
        ->type_name("CERT");
    app.add_option("--renew-key", to.renew_key, "Its key [--key: the same key again]")->type_name("KEY");
    app.add_option("--renewal", to.renewal,
                   "How to ask: by messageType 17, by 19 as NDES wants it, or as the server says")
        ->check(one_of(renewals))
        ->capture_default_str();
    app.add_option("--resume", to.resume, "Go on with an enrolment that was pending (the file of --pending)")
        ->type_name("FILE");
    app.add_option("--get", to.get,
                   "Ask for something else: the CA's certificates, those of the next CA, a certificate\n"
                   "that it issued, the CRL; written to --out")
        ->check(CLI::IsMember({"ca", "next-ca", "certificate", "crl"}));
    app.add_option("--as", to.as, "For --get certificate and crl: sign with this certificate (PEM)")->type_name("CERT");
    app.add_option("--as-key", to.as_key, "Its key")->type_name("KEY");
    app.add_option("--serial", to.serial, "For --get certificate: the serial number [that of --as]")->type_name("HEX");
}

void describe_trust(CLI::App& app, settings& to)
{
    auto* const trust = app.add_option_group("trust", "How the CA is known: one of these");
    trust->add_option("--ca-fingerprint", to.ca_fingerprint, "SHA-256 of a certificate that GetCACert must hold");
    trust->add_option("--ca-file", to.ca_file, "PEM file with the CA certificate, or one that it chains to");
    trust->add_flag("--trust-on-first-use", to.first_use, "Believe the server; its CA's fingerprint is printed");
    trust->require_option(1);
    app.add_option("--tls-ca-file", to.tls_ca_file, "PEM file with the roots for https [the system's]");
}

void describe_files(CLI::App& app, settings& to)
{
    std::vector<std::string> const kinds(key_kind_names().begin(), key_kind_names().end());
    app.add_option(
        "--key", to.key,
        "Private key: PEM, or a URI (pkcs11:…) of a key that stays where it is; made (mode 0600) where there\n"
        "is no such file, never overwritten [the name of --out and \".key\"]");
    app.add_option("--key-kind", to.key_kind, "What a new key is")->check(CLI::IsMember(kinds))->capture_default_str();
    app.add_option("--key-secret-file", to.key_secret_file, "File whose first line is the passphrase or PIN of --key");
    app.add_option("--openssl-conf", to.openssl_configuration, "openssl.cnf that loads the provider of a key's URI")
        ->type_name("FILE");
    app.add_option("--out", to.out, "The certificate, PEM; \"-\" is stdout")->required();
    app.add_option("--chain-out", to.chain_out, "The certificates of its issuers, PEM");
    app.add_option(
        "--pending", to.pending_file,
        "Where to keep what --resume needs; no key and no challenge is in it\n[the name of --out and \".pending\"]");
}

void describe_manner(CLI::App& app, settings& to)
{
    app.add_option("--profile", to.profile,
                   "Tolerances: rfc8894, ndes, apple, cisco-ios, windows, legacy, strict; single ones are switched\n"
                   "behind it: ndes+single_des-sha1_signature (docs/quirks.md)")
        ->capture_default_str();
    app.add_option("--cipher", to.cipher, "Encrypt with this [what the server lists]")->check(one_of(ciphers));
    app.add_option("--digest", to.digest, "Sign with this [what the server lists]")->check(one_of(digests));
    app.add_flag("--pss", to.pss, "Sign with RSASSA-PSS");
    app.add_option("--oaep", to.oaep, "Encrypt the content key with RSAES-OAEP and this digest")
        ->check(CLI::IsMember({"sha1", "sha256"}));
    app.add_option("--id-form", to.id_form, "What the transactionID is made like")
        ->check(one_of(id_forms))
        ->capture_default_str();
    app.add_option("--poll", to.polls, "Ask again so many times while the CA says PENDING; 0: end, and keep --pending")
        ->capture_default_str();
    app.add_option("--poll-interval", to.poll_interval, "Seconds before the first of them; doubles up to ten minutes")
        ->check(CLI::Range(1u, 86400u))
        ->capture_default_str();
    app.add_option("--poll-deadline", to.poll_deadline, "Seconds after which to give up; 0: none")
        ->capture_default_str();
}

error clash(std::string message)
{
    return {errc::invalid_argument, diagnostics{.message = std::move(message), .layer = "cli"}};
}

} // namespace

void describe(CLI::App& app, settings& to)
{
    app.description("Asks a SCEP server for one certificate, renews one, or asks what the CA has. Nothing is written\n"
                    "unless it was given; while an enrolment is pending, its key and --pending.\n"
                    "Exit codes: 0 issued, 1 pending, 2 refused or unreachable, 3 could not run.");
    app.add_option("URL", to.url, "The SCEP endpoint; https:// where no scheme is given")->required();
    describe_wish(app, to);
    describe_trust(app, to);
    describe_files(app, to);
    describe_manner(app, to);
}

result<void> complete(settings& set)
{
    auto const tasks = (set.renew.empty() ? 0 : 1) + (set.resume.empty() ? 0 : 1) + (set.get.empty() ? 0 : 1);
    if(tasks > 1)
        return clash("--renew, --resume and --get are three different tasks");
    if(!set.get.empty()) {
        auto const asks_signed = set.get == "certificate" || set.get == "crl";
        if(asks_signed && (set.as.empty() || set.as_key.empty()))
            return clash("--get " + set.get + " is a signed question: give --as and --as-key");
        return success();
    }
    if(set.subject.empty() && set.request_file.empty() && set.renew.empty() && set.resume.empty())
        return clash("--subject is required (or --request, --renew, --resume)");
    if(!set.request_file.empty() && (!set.subject.empty() || !set.names.empty() || !set.challenge_file.empty()))
        return clash("--request brings its own subject, names and challenge");
    if(set.key.empty() && set.out == "-")
        return clash("--out - needs --key: there is no name for the key");
    if(set.key.empty())
        set.key = set.out + ".key";
    if(set.renew_key.empty())
        set.renew_key = set.key;
    if(set.pending_file.empty() && set.resume.empty())
        set.pending_file = (set.out == "-" ? set.key : set.out) + ".pending";
    if(set.pending_file.empty())
        set.pending_file = set.resume;
    if(set.key == set.out || set.key == set.chain_out || set.out == set.chain_out || set.pending_file == set.out ||
       set.pending_file == set.key)
        return clash("--key, --out, --chain-out and --pending need different files");
    return success();
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

result<scep::enrollment_options> options_of(settings const& set)
{
    scep::enrollment_options options;
    SCEPKIT_TRY(options.profile, scep::profile::named(set.profile));
    // The floor follows the profile: who asks for old algorithms by name gets them.
    options.floor = {.allow_sha1 = options.profile.name == "legacy" || set.digest == "sha1",
                     .allow_triple_des = options.profile.allows(scep::quirk::triple_des),
                     .allow_single_des = options.profile.allows(scep::quirk::single_des)};
    if(!set.cipher.empty())
        options.cipher = value_of(ciphers, set.cipher);
    if(!set.digest.empty())
        options.digest = value_of(digests, set.digest);
    if(set.pss)
        options.signature = pki::signature_scheme::rsa_pss;
    if(!set.oaep.empty()) {
        auto const digest = value_of(digests, set.oaep);
        options.transport = {pki::key_transport::kind::rsa_oaep, digest, digest};
    }
    options.id_form = value_of(id_forms, set.id_form);
    if(!set.renew.empty())
        options.renewal = value_of(renewals, set.renewal);
    options.polling.attempts = set.polls;
    options.polling.interval = std::chrono::seconds(set.poll_interval);
    if(set.poll_deadline != 0)
        options.polling.deadline = std::chrono::seconds(set.poll_deadline);
    return options;
}

} // namespace scepkit::inline v0::cli::enroll
