// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/private_key.hpp>

namespace scepkit::test {

/// For `sweep_anew`: an operation with a private key, each time with a new one. OpenSSL 3.0 may leave the blinding of
/// an RSA key half renewed where it runs out of memory (BN_BLINDING_update); that key gives wrong results then, until
/// its blinding is drawn anew, after 32 operations at most.
template <class Operation>
auto with_new_key(bytes pem, Operation operation)
{
    return [pem = std::move(pem), operation = std::move(operation)] {
        return [key = pki::private_key::from_pem(pem).value(), &operation] { return operation(key); };
    };
}

} // namespace scepkit::test
