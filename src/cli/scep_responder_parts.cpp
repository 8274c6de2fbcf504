// SPDX-License-Identifier: BSL-1.0
#include "scep_responder_parts.hpp"

#include "keys.hpp"

#include <base/try.hpp>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <ostream>

namespace scepkit::inline v0::cli::responder_tool {

namespace {

constexpr std::size_t largest_list = 16u << 20;

/// The words of a file, one a line, blanks around them dropped; a file that is not there has none.
result<std::vector<std::string>> lines_of(std::string const& path)
{
    std::vector<std::string> out;
    std::error_code ignored;
    if(!std::filesystem::exists(path, ignored))
        return out;
    SCEPKIT_TRY(auto const content, read_file(path, largest_list));
    auto rest = as_text(content);
    while(!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        constexpr std::string_view blanks = " \t\r";
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        line = line.substr(0, line.find_last_not_of(blanks) + 1);
        if(!line.empty())
            out.emplace_back(line);
    }
    return out;
}

/// Consents to what another one consents to, once somebody has put the transaction's name into a file.
class approval final : public scep::authorizer
{
public:
    approval(std::shared_ptr<scep::authorizer> behind, std::string file)
        : behind_(std::move(behind)), file_(std::move(file))
    {
    }
    result<scep::decision> decide(scep::enrollment_claim const& claim) override
    {
        SCEPKIT_TRY(auto said, behind_->decide(claim));
        if(!std::holds_alternative<scep::accept>(said))
            return said;
        SCEPKIT_TRY(auto const approved, lines_of(file_));
        if(std::find(approved.begin(), approved.end(), claim.transaction_id) == approved.end())
            return scep::decision{scep::hold{}};
        return said;
    }

private:
    std::shared_ptr<scep::authorizer> behind_;
    std::string file_;
};

/// The CRL of a file of serial numbers, signed anew when the file says something else or the list grows old.
class crl_of_file
{
public:
    crl_of_file(scep::identity ca, std::string file) : ca_(std::move(ca)), file_(std::move(file)) {}

    result<pki::crl> operator()(time_point now)
    {
        std::lock_guard const lock(mutex_);
        SCEPKIT_TRY(auto serials,
                    file_.empty() ? result<std::vector<std::string>>(std::vector<std::string>()) : lines_of(file_));
        if(made_ && serials == serials_ && now < made_->this_update() + renewal && now >= made_->this_update())
            return *made_;
        pki::crl_template content;
        content.this_update = now;
        content.next_update = now + lifetime;
        content.number = static_cast<std::uint64_t>(now.time_since_epoch().count());
        for(auto const& text : serials) {
            SCEPKIT_TRY(auto serial, from_hex(text));
            if(serial.empty())
                continue;
            if((serial.front() & 0x80) != 0)
                serial.insert(serial.begin(), 0);
            content.entries.push_back({.serial = std::move(serial), .at = now, .reason = {}});
        }
        SCEPKIT_TRY(made_, pki::make_crl(content, ca_.certificate, ca_.key));
        serials_ = std::move(serials);
        return *made_;
    }

private:
    static constexpr std::chrono::hours lifetime{24 * 7};
    static constexpr std::chrono::hours renewal{24};

    scep::identity ca_;
    std::string file_;
    std::mutex mutex_;
    std::vector<std::string> serials_;
    std::optional<pki::crl> made_;
};

result<std::vector<secret_bytes>> challenges_of(settings const& set, streams const& s)
{
    if(!set.challenge_file.empty()) {
        SCEPKIT_TRY(auto from_file, read_challenges(set.challenge_file));
        if(from_file.empty())
            say(s, tool, "the challenge file is empty: every enrolment will be refused");
        return from_file;
    }
    std::vector<secret_bytes> out;
    if(set.state.empty()) {
        say(s, tool, "no --challenge-file and no --state: every enrolment will be refused");
        return out;
    }
    SCEPKIT_TRY(auto const made, simulator::load_or_make_challenge(set.state));
    out.push_back(secret_bytes::from_text(made));
    say(s, tool, "the challenge is in " + set.state + "/challenge");
    return out;
}

/// What GetCACaps says: only what the profile will read.
scep::capabilities offered_by(settings const& set, scep::profile const& profile)
{
    scep::capabilities out;
    out.aes = true;
    out.des3 = profile.allows(scep::quirk::triple_des);
    out.get_next_ca_cert = set.next_ca;
    out.post_pki_operation = true;
    out.renewal = set.renewals;
    out.sha1 = profile.allows(scep::quirk::sha1_signature);
    out.sha256 = true;
    out.sha512 = true;
    out.scep_standard = true;
    // Not a word of RFC 8894, and true: strongSwan 5.9.8 looks for it, not for AES, before it encrypts with AES (and
    // for DES3 before it hashes with SHA-256).
    out.unknown = {"SHA-384"};
    return out;
}

std::string_view name_of(decltype(scep::ledger_entry::stage) stage) noexcept
{
    switch(stage) {
    case scep::ledger_entry::stage::held: return "held";
    case scep::ledger_entry::stage::reserved: return "reserved";
    case scep::ledger_entry::stage::issued: return "issued";
    case scep::ledger_entry::stage::released: return "released";
    }
    return "unknown";
}

std::string ledger_folder(settings const& set) { return (std::filesystem::path(set.state) / "ledger").string(); }

} // namespace

result<simulator::pki_state> load_state(settings const& set, std::string const& host, time_point now)
{
    simulator::state_options options{.folder = set.state, .host = host, .with_ra = set.ra_pair, .now = now};
    SCEPKIT_TRY(auto const kind, kind_of_name(set.ca_key));
    options.ca_key = kind.kind;
    options.ca_rsa_bits = kind.rsa_bits;
    options.with_next_ca = set.next_ca;
    return simulator::load_or_make_state(options);
}

result<std::shared_ptr<scep::ledger>> open_ledger(settings const& set, streams const& s)
{
    if(set.state.empty())
        return scep::make_memory_ledger();
    using durability = scep::file_ledger_options::durability;
    SCEPKIT_TRY(auto file,
                scep::file_ledger::open(ledger_folder(set),
                                        {.promise = set.durability == "power" ? durability::power : durability::process,
                                         .random = nullptr}));
    if(file->repaired_bytes() != 0)
        say(s, tool,
            "the ledger ended in half a record (" + std::to_string(file->repaired_bytes()) +
                " bytes), as a crash leaves it; it was dropped");
    return std::shared_ptr<scep::ledger>(std::move(file));
}

result<scep::responder_options> options_of(settings const& set, simulator::pki_state const& pki,
                                           std::shared_ptr<scep::ledger> ledger, streams const& s)
{
    SCEPKIT_TRY(auto challenges, challenges_of(set, s));
    auto const& receiving = pki.ra_encryption ? *pki.ra_encryption : pki.ca;
    SCEPKIT_TRY(auto decryption, pki::software_decrypter::create(receiving.key));
    scep::responder_options options{.ca_chain = {pki.ca.certificate},
                                    .signing = pki.ra_signing ? *pki.ra_signing : pki.ca,
                                    .decryption_certificate = receiving.certificate,
                                    .decryption = std::move(decryption)};
    if(pki.ra_encryption)
        options.ra_certificates = {pki.ra_encryption->certificate, pki.ra_signing->certificate};
    if(pki.next_ca) {
        options.next_ca = {pki.next_ca->certificate};
        options.next_ca_signing = pki.ca;
    }
    SCEPKIT_TRY(options.profile, scep::profile::named(set.profile));
    options.offered = offered_by(set, options.profile);
    if(set.password_requests && !challenges.empty())
        options.request_password = std::make_shared<secret_bytes const>(challenges.front().clone());
    options.authorizer = std::make_shared<scep::challenge_store>(
        std::move(challenges), set.one_time ? scep::challenge_store::use::once : scep::challenge_store::use::reusable);
    auto const in_state = [&](char const* name) {
        return set.state.empty() ? std::string() : (std::filesystem::path(set.state) / name).string();
    };
    if(set.hold)
        options.authorizer = std::make_shared<approval>(std::move(options.authorizer), in_state("approved"));
    options.issuer = std::make_shared<scep::local_issuer>(pki.ca.certificate, pki.ca.key);
    options.ledger = std::move(ledger);
    options.renewals = {.allowed = set.renewals, .window = std::chrono::hours(24) * set.renewal_days};
    options.queries = query_policy_of(set);
    options.crl = [list = std::make_shared<crl_of_file>(pki.ca, in_state("revoked"))](time_point now) {
        return (*list)(now);
    };
    options.replies = replies_of(set);
    options.order = set.reply_order == "der" ? scep::reply_order::der : scep::reply_order::leaf_first;
    options.ca_certificates = set.bag_order == "ra-first" ? scep::bag_order::ra_first : scep::bag_order::ca_first;
    if(set.pss)
        options.signature = pki::signature_scheme::rsa_pss;
    options.oaep_follows_request = set.oaep;
    return options;
}

int print_ledger(settings const& set, streams const& s)
{
    auto const ledger = scep::file_ledger::open(ledger_folder(set));
    if(!ledger)
        return complain(s, tool, "the ledger of " + set.state, ledger.error());
    auto const entries = (*ledger)->history();
    if(!entries)
        return complain(s, tool, "the ledger of " + set.state, entries.error());
    for(auto const& e : *entries) {
        s.out << to_iso8601(e.at) << ' ' << name_of(e.stage) << ' ' << scep::name_of(e.message_type) << ' '
              << (e.transaction_id.empty() ? "-" : escape_controls(e.transaction_id)) << ' '
              << (e.serial.empty() ? "-" : to_hex(e.serial));
        if(e.certificate)
            s.out << ' ' << escape_controls(e.certificate->subject().to_string());
        s.out << '\n';
    }
    s.out << std::flush;
    return 0;
}

} // namespace scepkit::inline v0::cli::responder_tool
