// SPDX-License-Identifier: BSL-1.0
// An accepted request keeps its bytes, is read the same way twice, and its verification ends in a typed verdict.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/pki/request.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    auto const r = pki::certificate_request::from_der(input);
    if(!r) {
        fuzz::require_foreign(r.error());
        return 0;
    }
    require(equal(r->der(), input), "a request keeps its bytes");
    auto const again = pki::certificate_request::from_der(r->der()).value();
    auto const* const challenge = r->challenge_password();
    require((challenge == nullptr) == (again.challenge_password() == nullptr), "a challenge is there or not");
    if(challenge != nullptr)
        require(equal(challenge->view(), again.challenge_password()->view()), "a challenge is read the same way twice");
    require(r->subject() == again.subject(), "a subject is read the same way twice");
    require(r->extensions().all.size() == again.extensions().all.size(), "extensions are read the same way twice");
    for(auto const& n : r->extensions().subject_alt_names)
        require(n.text.find('\0') == std::string::npos, "an alternative name has no NUL");
    if(auto const verified = r->verify(); !verified)
        fuzz::require_foreign(verified.error());
    return 0;
}
