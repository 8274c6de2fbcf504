// SPDX-License-Identifier: BSL-1.0
// An accepted certificate keeps its bytes, survives PEM, shows no control character, and its views lie inside its DER.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/pki/chain.hpp>

#include <algorithm>

using namespace scepkit;
using fuzz::require;

namespace {

bool lies_inside(bytes_view whole, bytes_view part)
{
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_name(pki::name const& n)
{
    auto const text = n.to_string();
    require(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
            "a printed name has no control character");
    require(n.to_string().find('\0') == std::string::npos, "a name has no NUL");
    require(pki::name::from_der(n.der()).value() == n, "a name is read back from its own DER");
}

} // namespace

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    auto const c = pki::certificate::from_der(input);
    if(!c) {
        fuzz::require_foreign(c.error());
        return 0;
    }
    require(equal(c->der(), input), "a certificate keeps its bytes");
    require(pki::certificate::from_pem(as_bytes(c->to_pem())).value() == *c, "a certificate survives PEM");
    for(auto const part : {c->tbs(), c->spki(), c->signature(), c->serial(), c->signature_algorithm_der()})
        require(lies_inside(c->der(), part), "views lie inside the DER");
    check_name(c->subject());
    check_name(c->issuer());
    require(c->version() >= 1 && c->version() <= 3, "there are three versions");
    require(c->version() == 3 || c->extensions().all.empty(), "only version 3 has extensions");
    for(auto const& e : c->extensions().all)
        require(c->extensions().find(e.id) == &e, "no extension stands twice");
    if(c->key()) {
        auto const& key = *c->key();
        require(!key.is_rsa() || (key.bits() >= 2048 && key.bits() <= 8192), "an RSA key is inside the limits");
        // Verification must survive any accepted key and signature; only a signature that was in the seeds verifies.
        if(auto const verified = c->verify_signature(key); !verified)
            fuzz::require_foreign(verified.error());
    } else
        fuzz::require_foreign(c->key().error());
    auto const chain = pki::verify_chain(*c, {&*c, 1}, {}, {.now = c->not_before()});
    require(!chain, "nothing is trusted without an anchor");
    (void)pki::matches_host(*c, "ndes.contoso.example");
    return 0;
}
