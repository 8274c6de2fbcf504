// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/responder_replies.hpp>

namespace scepkit::inline v0::scep::detail {

/// GetCert and GetCRL: nothing is decided, reserved or issued here.
verdict answer_query(served_message& c, scep::ledger& transactions);

} // namespace scepkit::inline v0::scep::detail
