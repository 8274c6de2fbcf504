// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/openssl.hpp>

#include <benchmark/benchmark.h>
#include <chrono>
#include <memory>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdexcept>
#include <vector>

/// A figure and the limit beside it.
///
/// Work and limit are timed in turn, iteration by iteration, so that a machine whose speed drifts moves both. The
/// printed ratio is limit / work: 1.00 would be a program that does nothing but what the limit names.
namespace scepkit::bench {

using clock = std::chrono::steady_clock;

template <class Work>
double seconds_of(Work&& work)
{
    auto const began = clock::now();
    work();
    return std::chrono::duration<double>(clock::now() - began).count();
}

/// Runs both until Google Benchmark has enough. `prepare` is not timed; what it returns is the work.
template <class Prepare, class Limit>
void prepared_against_limit(benchmark::State& state, Prepare prepare, Limit limit)
{
    double all_work = 0;
    double all_limit = 0;
    for(auto _ : state) {
        auto work = prepare();
        auto const took = seconds_of(work);
        state.SetIterationTime(took);
        all_work += took;
        all_limit += seconds_of(limit);
    }
    auto const n = static_cast<double>(state.iterations());
    state.counters["limit_us"] = 1e6 * all_limit / n;
    state.counters["work_us"] = 1e6 * all_work / n;
    state.counters["ratio"] = all_limit / all_work;
}

template <class Work, class Limit>
void against_limit(benchmark::State& state, Work work, Limit limit)
{
    prepared_against_limit(
        state, [&] { return [&] { work(); }; }, limit);
}

/// The bare RSA operations of OpenSSL, contexts and algorithms made beforehand.
class rsa_operations
{
public:
    explicit rsa_operations(pki::private_key const& key) : key_(key)
    {
        auto* const pkey = pki::native_handle(key_);
        auto* const library = pki::native_handle(pki::crypto_context::default_context());
        auto const make = [&] { return context(EVP_PKEY_CTX_new_from_pkey(library, pkey, nullptr)); };
        sign_ = make();
        verify_ = make();
        encrypt_ = make();
        decrypt_ = make();
        must(EVP_PKEY_sign_init(sign_.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(sign_.get(), RSA_PKCS1_PADDING));
        must(EVP_PKEY_CTX_set_signature_md(sign_.get(), EVP_sha256()));
        must(EVP_PKEY_verify_init(verify_.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(verify_.get(), RSA_PKCS1_PADDING));
        must(EVP_PKEY_CTX_set_signature_md(verify_.get(), EVP_sha256()));
        must(EVP_PKEY_encrypt_init(encrypt_.get()));
        must(EVP_PKEY_decrypt_init(decrypt_.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(decrypt_.get(), RSA_NO_PADDING));
        sign();
        encrypt();
    }
    void sign()
    {
        auto size = signature_.size();
        must(EVP_PKEY_sign(sign_.get(), signature_.data(), &size, digest_, sizeof digest_));
    }
    void verify()
    {
        must(EVP_PKEY_verify(verify_.get(), signature_.data(), signature_.size(), digest_, sizeof digest_));
    }
    void encrypt()
    {
        auto size = encrypted_.size();
        must(EVP_PKEY_encrypt(encrypt_.get(), encrypted_.data(), &size, digest_, 16));
    }
    void decrypt()
    {
        auto size = plain_.size();
        must(EVP_PKEY_decrypt(decrypt_.get(), plain_.data(), &size, encrypted_.data(), encrypted_.size()));
    }
    /// What one PKCSReq costs a responder: decrypt, sign certificate and reply; verify message and CSR, encrypt.
    void answer_pkcsreq()
    {
        decrypt();
        sign();
        sign();
        verify();
        verify();
        encrypt();
    }

private:
    static void must(int answer)
    {
        if(answer <= 0)
            throw std::runtime_error("the limit's own RSA operation failed");
    }
    struct free_context {
        void operator()(EVP_PKEY_CTX* c) const noexcept { EVP_PKEY_CTX_free(c); }
    };
    using context = std::unique_ptr<EVP_PKEY_CTX, free_context>;
    pki::private_key key_;
    context sign_, verify_, encrypt_, decrypt_;
    bytes signature_ = bytes(256), encrypted_ = bytes(256), plain_ = bytes(256);
    unsigned char digest_[32] = {1, 2, 3};
};

} // namespace scepkit::bench
