// SPDX-License-Identifier: BSL-1.0
// What a ledger reads from its file is foreign: an entry that can be read is read the same after writing it again, its
// summary agrees with it, and a record is accepted only if it is what `frame` makes.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scep/detail/ledger_chain.hpp>
#include <scep/detail/ledger_record.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

namespace {

/// Writes the same for the same.
class fixed_random final : public random_source
{
public:
    result<void> fill(std::span<std::uint8_t> out) override
    {
        for(auto& octet : out)
            octet = 0x5a;
        return success();
    }
};

void try_entry(bytes_view input)
{
    static scep::detail::entry_codec const codec{secret_bytes(bytes(32, 1))};
    fixed_random random;
    auto const summary = scep::detail::summarise(input);
    auto const entry = codec.decode(input);
    if(!summary)
        fuzz::require_foreign(summary.error());
    if(!entry) {
        fuzz::require_foreign(entry.error());
        return;
    }
    require(scep::detail::check_entry(*entry).has_value(), "an entry that was read could have been put");
    require(summary.has_value(), "what can be read can be summarised");
    require(summary->stage == entry->stage && as_text(summary->transaction_id) == entry->transaction_id &&
                equal(summary->spends, entry->spends),
            "the summary agrees");
    require(summary->certificate_serial.empty() != entry->certificate.has_value(), "the summary knows certificates");
    if(entry->certificate)
        require(equal(summary->certificate_serial, entry->certificate->serial()), "and their serial numbers");
    auto const known = scep::detail::summarise(*entry, summary->frees);
    require(known.stage == summary->stage && equal(known.transaction_id, summary->transaction_id) &&
                equal(known.spends, summary->spends) && equal(known.certificate_serial, summary->certificate_serial),
            "before it is written it is known as it is afterwards");
    auto const written = codec.encode(*entry, summary->frees, random).value();
    auto const again = codec.decode(written);
    require(again.has_value(), "what is written can be read");
    require(codec.encode(*again, summary->frees, random).value() == written, "and is the same");
}

void try_record(bytes_view input)
{
    using chain = scep::detail::ledger_chain;
    static auto const keyed = chain::create(bytes(32, 2)).value();
    chain::check const first{};
    auto const size = keyed.size_of(first, input);
    if(!size)
        return fuzz::require_foreign(size.error());
    if(!*size || **size > input.size())
        return;
    auto const record = input.first(**size);
    auto const body = keyed.unframe(first, record);
    if(!body)
        return fuzz::require_foreign(body.error());
    require(equal(keyed.frame(first, *body).value(), record), "only what frame makes is accepted");
    try_entry(*body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    try_entry({data, size});
    try_record({data, size});
    return 0;
}
