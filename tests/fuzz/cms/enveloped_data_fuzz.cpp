// SPDX-License-Identifier: BSL-1.0
// Opening, with an RSA key, an EC key and a password, never does more than one operation, and after it there is one
// failure only.
#include "../require.hpp"
#include "../tlv_mutator.hpp"
#include "fixed_people.hpp"

#include <scepkit/cms/enveloped_data.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

namespace {

void check_opened(cms::enveloped_data const& envelope, cms::opened const& opened)
{
    if(is_authenticated(envelope.cipher()))
        require(opened.content.size() == envelope.encrypted_content().size(), "GCM keeps the length");
    else
        require(opened.content.size() < envelope.encrypted_content().size(), "padding is never empty");
}

void open_as(fuzz::person const& own, cms::enveloped_data const& envelope, cms::recipient::kind kind)
{
    auto const allowed = fuzz::everything();
    auto const before = own.key.operations().decryptions;
    auto const opened = cms::open(envelope, own.certificate, *own.decrypter, allowed);
    auto const used = own.key.operations().decryptions - before;
    require(used <= 1, "one private-key operation at most");
    if(!opened) {
        fuzz::require_foreign(opened.error());
        require(used == 0 || opened.error().code() == errc::decryption_failed, "after the key there is one failure");
        return;
    }
    // Without an operation too, once in a while: a number that RSA is not defined for is answered with a made-up key.
    require(opened->by == kind, "opened by the kind that fits the key");
    for(auto const& r : envelope.recipients())
        require(r.type == kind, "no other kind beside it");
    check_opened(envelope, *opened);
    auto const again = cms::open(envelope, own.certificate, *own.decrypter, opened->tolerances);
    require(again.has_value() && equal(again->content.view(), opened->content.view()), "opening is repeatable");
}

void open_with_password(cms::enveloped_data const& envelope)
{
    auto const password = secret_bytes::from_text("secret");
    // Little work a try: the seeds need 2048.
    auto const opened = cms::open_with_password(envelope, password, fuzz::everything(), 2048);
    require(!cms::open_with_password(envelope, password, {}, 2048), "never without its leniency");
    if(!opened) {
        fuzz::require_foreign(opened.error());
        return;
    }
    require(opened->by == cms::recipient::kind::password && envelope.recipients().size() == 1, "the one entry");
    check_opened(envelope, *opened);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const allowed = fuzz::everything();
    auto const parsed = cms::enveloped_data::parse({data, size}, allowed);
    if(!parsed) {
        fuzz::require_foreign(parsed.error());
        require(!cms::enveloped_data::parse({data, size}, {}), "leniency never refuses what is read without it");
        return 0;
    }
    require(!parsed->recipients().empty() && parsed->recipients().size() <= limits{}.recipients, "some recipients");
    if(is_authenticated(parsed->cipher())) {
        require(parsed->iv().size() == 12 && parsed->tag().size() >= 12 && parsed->tag().size() <= 16,
                "nonce and tag have their sizes");
        require(parsed->tolerances().contains(cms::quirk::authenticated_envelope), "never without its leniency");
    } else {
        require(parsed->iv().size() == cms::block_size_of(parsed->cipher()) && parsed->tag().empty(),
                "the IV is one block");
        require(parsed->encrypted_content().size() % cms::block_size_of(parsed->cipher()) == 0,
                "the content is whole blocks");
    }
    open_as(fuzz::recipient(), *parsed, cms::recipient::kind::key_transport);
    open_as(fuzz::ec_recipient(), *parsed, cms::recipient::kind::key_agreement);
    open_with_password(*parsed);
    return 0;
}
