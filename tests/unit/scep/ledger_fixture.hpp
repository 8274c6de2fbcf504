// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/ledger.hpp>

#include <support/scripted_ca.hpp>

#include <string>

/// Entries as a responder writes them.
namespace scepkit::test {

using stage = scep::ledger_stage;

inline pki::certificate issued_certificate()
{
    static auto const ca = authority::self_signed(ca_wish("CN=Ledger CA"), rsa_key("ledger-ca"));
    return ca.issue({.subject = "CN=client"}, rsa_key("ledger-client").public_key());
}

inline bytes hash_of(std::string_view text)
{
    return pki::crypto_context::default_context().digest(pki::digest_algorithm::sha256, as_bytes(text)).value();
}

inline scep::ledger_entry entry(std::string id, stage s)
{
    scep::ledger_entry out;
    out.stage = s;
    out.transaction_id = std::move(id);
    out.owner = hash_of("owner of " + out.transaction_id);
    out.request_digest = hash_of("request of " + out.transaction_id);
    if(s == stage::held || s == stage::reserved) {
        out.request = secret_bytes::from_text("a request with the challenge open-sesame-" + out.transaction_id);
        out.signer = to_bytes(as_bytes("a signer's certificate"));
    }
    if(s != stage::held)
        out.serial = bytes(16, 0x42);
    if(s == stage::issued)
        out.certificate = issued_certificate();
    out.at = noon;
    return out;
}

inline scep::ledger_entry spending(std::string id, stage s, std::string_view what)
{
    auto out = entry(std::move(id), s);
    out.spends = hash_of(what);
    return out;
}

inline bool same(scep::ledger_entry const& a, scep::ledger_entry const& b)
{
    return a.stage == b.stage && a.transaction_id == b.transaction_id && a.message_type == b.message_type &&
           a.owner == b.owner && a.request_digest == b.request_digest && equal(a.request.view(), b.request.view()) &&
           a.signer == b.signer && a.is_renewal == b.is_renewal && a.tolerances == b.tolerances &&
           a.spends == b.spends && a.serial == b.serial && a.at == b.at && a.certificate == b.certificate;
}

} // namespace scepkit::test
