// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/openssl.hpp>

#include <benchmark/benchmark.h>
#include <chrono>
#include <memory>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
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

/// Runs both until Google Benchmark has enough. What prepares is not timed; `prepare` returns the work.
template <class Prepare, class PrepareLimit, class Limit>
void prepared_against_limit(benchmark::State& state, Prepare prepare, PrepareLimit prepare_limit, Limit limit)
{
    double all_work = 0;
    double all_limit = 0;
    for(auto _ : state) {
        auto work = prepare();
        auto const took = seconds_of(work);
        state.SetIterationTime(took);
        all_work += took;
        prepare_limit();
        all_limit += seconds_of(limit);
    }
    auto const n = static_cast<double>(state.iterations());
    state.counters["limit_us"] = 1e6 * all_limit / n;
    state.counters["work_us"] = 1e6 * all_work / n;
    state.counters["ratio"] = all_limit / all_work;
}

template <class Prepare, class Limit>
void prepared_against_limit(benchmark::State& state, Prepare prepare, Limit limit)
{
    prepared_against_limit(
        state, prepare, [] {}, limit);
}

template <class Work, class Limit>
void against_limit(benchmark::State& state, Work work, Limit limit)
{
    prepared_against_limit(
        state, [&] { return [&] { work(); }; }, limit);
}

/// The bare RSA operations of OpenSSL; keys, contexts and algorithms made beforehand.
///
/// A message brings a key that OpenSSL has not seen, and the first operation with a key also computes its Montgomery
/// constants: 6 us of 20. So there is a first verification and a first encryption beside the others.
class rsa_operations
{
public:
    explicit rsa_operations(pki::private_key const& key) : key_(key)
    {
        auto* const pkey = pki::native_handle(key_);
        sign_ = make_context(pkey);
        verify_ = verifier(pkey);
        encrypt_ = encrypter(pkey);
        decrypt_ = make_context(pkey);
        must(EVP_PKEY_sign_init(sign_.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(sign_.get(), RSA_PKCS1_PADDING));
        must(EVP_PKEY_CTX_set_signature_md(sign_.get(), EVP_sha256()));
        must(EVP_PKEY_decrypt_init(decrypt_.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(decrypt_.get(), RSA_NO_PADDING));
        sign();
        encrypt();
        expect_new_key();
    }
    /// Makes the next first verification and the next first encryption possible.
    void expect_new_key()
    {
        new_key_ = public_key_of(key_);
        verify_new_ = verifier(new_key_.get());
        encrypt_new_ = encrypter(new_key_.get());
    }
    void sign()
    {
        auto size = signature_.size();
        must(EVP_PKEY_sign(sign_.get(), signature_.data(), &size, digest_, sizeof digest_));
    }
    void verify() { verify(verify_); }
    void verify_first() { verify(verify_new_); }
    void encrypt() { encrypt(encrypt_); }
    void encrypt_first() { encrypt(encrypt_new_); }
    void decrypt()
    {
        auto size = plain_.size();
        must(EVP_PKEY_decrypt(decrypt_.get(), plain_.data(), &size, encrypted_.data(), encrypted_.size()));
    }
    /// What one PKCSReq costs a responder: decrypt, sign certificate and reply; verify message and CSR, encrypt. After
    /// `expect_new_key`.
    void answer_pkcsreq()
    {
        decrypt();
        sign();
        sign();
        verify_first();
        verify();
        encrypt();
    }

private:
    struct free_context {
        void operator()(EVP_PKEY_CTX* c) const noexcept { EVP_PKEY_CTX_free(c); }
    };
    struct free_key {
        void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
    };
    using context = std::unique_ptr<EVP_PKEY_CTX, free_context>;
    using public_half = std::unique_ptr<EVP_PKEY, free_key>;

    static OSSL_LIB_CTX* library() { return pki::native_handle(pki::crypto_context::default_context()); }
    static context make_context(EVP_PKEY* key) { return context(EVP_PKEY_CTX_new_from_pkey(library(), key, nullptr)); }
    static context verifier(EVP_PKEY* key)
    {
        auto made = make_context(key);
        must(EVP_PKEY_verify_init(made.get()));
        must(EVP_PKEY_CTX_set_rsa_padding(made.get(), RSA_PKCS1_PADDING));
        must(EVP_PKEY_CTX_set_signature_md(made.get(), EVP_sha256()));
        return made;
    }
    static context encrypter(EVP_PKEY* key)
    {
        auto made = make_context(key);
        must(EVP_PKEY_encrypt_init(made.get()));
        return made;
    }
    static public_half public_key_of(pki::private_key const& key)
    {
        auto const spki = key.public_key().spki();
        auto const* from = spki.data();
        return public_half(d2i_PUBKEY_ex(nullptr, &from, static_cast<long>(spki.size()), library(), nullptr));
    }
    void verify(context const& with)
    {
        must(EVP_PKEY_verify(with.get(), signature_.data(), signature_.size(), digest_, sizeof digest_));
    }
    void encrypt(context const& with)
    {
        auto size = encrypted_.size();
        must(EVP_PKEY_encrypt(with.get(), encrypted_.data(), &size, digest_, 16));
    }
    static void must(int answer)
    {
        if(answer <= 0)
            throw std::runtime_error("the limit's own RSA operation failed");
    }
    pki::private_key key_;
    public_half new_key_;
    context sign_, verify_, verify_new_, encrypt_, encrypt_new_, decrypt_;
    bytes signature_ = bytes(256), encrypted_ = bytes(256), plain_ = bytes(256);
    unsigned char digest_[32] = {1, 2, 3};
};

} // namespace scepkit::bench
