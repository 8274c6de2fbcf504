// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/responder_snapshot.hpp>

#include <optional>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep::detail {

/// By which kind of recipient an answer reaches whoever signed a message.
enum class reply_route {
    key_transport,
    key_agreement,
    password, ///< The challenge of the request must be known.
};
/// Nothing: no envelope that the profile has reaches this key, so nothing may be issued for it.
std::optional<reply_route> route_to(pki::certificate const& signer, profile const& tolerances);

/// What an answer says inside its envelope, and how the envelope of the request was made.
struct success_answer {
    std::vector<pki::certificate> certificates;
    std::vector<bytes> crls;
    cms::content_cipher cipher{};
    std::optional<pki::key_transport> transport; ///< Of the request; absent: it came by another kind.
    secret_bytes challenge;                      ///< For reply_route::password.
};
using verdict = std::variant<success_answer, refuse, hold>;

/// The one answer to everything that is wrong between the signature and the authorizer.
refuse badly_made();
/// SUCCESS with `leaf` and what else the options want beside it.
success_answer certificate_answer(served_message const& c, cms::opened const& request, pki::certificate leaf,
                                  secret_bytes const* challenge);
/// SUCCESS with exactly this.
success_answer plain_answer(cms::opened const& request, std::vector<pki::certificate> certificates,
                            std::vector<bytes> crls = {});

/// The CertRep: sealed where there is something to seal, signed.
result<bytes> make_reply(served_message const& c, verdict const& said);

} // namespace scepkit::inline v0::scep::detail
