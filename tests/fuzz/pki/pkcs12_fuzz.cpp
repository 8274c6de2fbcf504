// SPDX-License-Identifier: BSL-1.0
// A file as it comes, and the input as what stands behind a right MAC: an accepted file holds a key and its
// certificate.
#include "../../unit/pki/pkcs12_writer.hpp"
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/pki/pkcs12.hpp>

#include <openssl/err.h>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

namespace {

void check(bytes_view file, secret_bytes const& passphrase)
{
    auto const p = pki::pkcs12::read(file, passphrase);
    require(ERR_peek_error() == 0, "OpenSSL's queue is empty");
    if(!p) {
        fuzz::require_foreign(p.error());
        return;
    }
    require(p->certificate.key().has_value(), "the key's certificate has a key that can be used");
    require(p->certificate.key()->kind() == p->key.kind(), "of the same kind");
    require(p->others.size() < limits{}.certificates, "certificates are counted");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static auto const passphrase = secret_bytes::from_text("secret");
    bytes_view const input(data, size);
    check(input, passphrase);
    check(pki::test::pkcs12_writer::sealed(input, passphrase), passphrase);
    return 0;
}
