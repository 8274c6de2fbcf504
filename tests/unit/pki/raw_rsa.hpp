// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/openssl.hpp>
#include <scepkit/pki/decrypter.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace scepkit::inline v0::pki::test {

/// The raw operation of a device, with a key that lies here.
inline raw_rsa raw_operation(private_key const& key)
{
    return [key](bytes_view ciphertext) -> result<secret_bytes> {
        EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_pkey(nullptr, native_handle(key), nullptr);
        secret_bytes out(ciphertext.size());
        auto size = out.size();
        EXPECT_EQ(EVP_PKEY_decrypt_init(context), 1);
        EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
        EXPECT_EQ(EVP_PKEY_decrypt(context, out.data(), &size, ciphertext.data(), ciphertext.size()), 1);
        EVP_PKEY_CTX_free(context);
        return out;
    };
}

} // namespace scepkit::inline v0::pki::test
