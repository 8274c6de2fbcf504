// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/writer.hpp>
#include <scepkit/pki/decrypter.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#if __has_include(<p11-kit/pkcs11.h>)
#include <p11-kit/pkcs11.h>
#define SCEPKIT_HAVE_PKCS11 1
#endif

#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <mutex>
#include <openssl/err.h>

// Keys in a real token: SoftHSM, with a token directory of this process. The library knows nothing of PKCS#11; a signer
// and a raw operation are all that a program writes to have its keys there.

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;

bool is_required()
{
    auto const* const value = std::getenv("SCEPKIT_REQUIRE_PEERS");
    return value != nullptr && std::string_view(value) != "" && std::string_view(value) != "0";
}

#ifdef SCEPKIT_HAVE_PKCS11

constexpr std::string_view user_pin = "123456";

template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value)
{
    return {type, &value, sizeof(value)};
}

CK_UTF8CHAR_PTR text(std::string& s) { return reinterpret_cast<CK_UTF8CHAR_PTR>(s.data()); }

struct key_pair {
    CK_OBJECT_HANDLE hidden = 0;
    CK_OBJECT_HANDLE open = 0;
};

// One token in a folder of its own; sessions of SoftHSM are not thread-safe, so one lock for all.
class token
{
public:
    static std::shared_ptr<token> open()
    {
        auto made = std::make_shared<token>();
        for(auto const* const path : {"/usr/lib/softhsm/libsofthsm2.so", "libsofthsm2.so"})
            if(made->module_ == nullptr)
                made->module_ = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if(made->module_ == nullptr)
            return nullptr;
        return made->start() ? made : nullptr;
    }
    ~token()
    {
        if(calls_ != nullptr)
            calls_->C_Finalize(nullptr);
        if(module_ != nullptr)
            ::dlclose(module_);
        ERR_clear_error(); // SoftHSM computes with the same libcrypto.
    }

    key_pair make_rsa()
    {
        CK_BBOOL yes = CK_TRUE;
        CK_BBOOL no = CK_FALSE;
        CK_ULONG bits = 2048;
        std::array<CK_BYTE, 3> exponent{1, 0, 1};
        std::array open{attribute(CKA_MODULUS_BITS, bits), attribute(CKA_PUBLIC_EXPONENT, exponent),
                        attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes), attribute(CKA_ENCRYPT, yes)};
        std::array hidden{attribute(CKA_TOKEN, yes),      attribute(CKA_PRIVATE, yes), attribute(CKA_SENSITIVE, yes),
                          attribute(CKA_EXTRACTABLE, no), attribute(CKA_SIGN, yes),    attribute(CKA_DECRYPT, yes)};
        return make(CKM_RSA_PKCS_KEY_PAIR_GEN, open, hidden);
    }
    key_pair make_p256()
    {
        CK_BBOOL yes = CK_TRUE;
        CK_BBOOL no = CK_FALSE;
        std::array<CK_BYTE, 10> curve{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
        std::array open{attribute(CKA_EC_PARAMS, curve), attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes)};
        std::array hidden{attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes), attribute(CKA_SENSITIVE, yes),
                          attribute(CKA_EXTRACTABLE, no), attribute(CKA_SIGN, yes)};
        return make(CKM_EC_KEY_PAIR_GEN, open, hidden);
    }

    bytes value_of(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
    {
        CK_ATTRIBUTE wanted{type, nullptr, 0};
        EXPECT_EQ(calls_->C_GetAttributeValue(session_, object, &wanted, 1), CKR_OK);
        bytes out(wanted.ulValueLen);
        wanted.pValue = out.data();
        EXPECT_EQ(calls_->C_GetAttributeValue(session_, object, &wanted, 1), CKR_OK);
        return out;
    }

    bool tells(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
    {
        CK_ATTRIBUTE wanted{type, nullptr, 0};
        return calls_->C_GetAttributeValue(session_, object, &wanted, 1) == CKR_OK;
    }

    result<bytes> sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, bytes_view data)
    {
        std::scoped_lock const lock(mutex_);
        CK_MECHANISM mechanism{type, nullptr, 0};
        bytes input = to_bytes(data);
        bytes out(512);
        CK_ULONG size = out.size();
        if(calls_->C_SignInit(session_, &mechanism, key) != CKR_OK ||
           calls_->C_Sign(session_, input.data(), input.size(), out.data(), &size) != CKR_OK)
            return errc::io_failed;
        ERR_clear_error();
        out.resize(size);
        return out;
    }

    result<secret_bytes> raw(CK_OBJECT_HANDLE key, bytes_view data)
    {
        std::scoped_lock const lock(mutex_);
        CK_MECHANISM mechanism{CKM_RSA_X_509, nullptr, 0};
        bytes input = to_bytes(data);
        secret_bytes out(data.size());
        CK_ULONG size = out.size();
        ++operations;
        if(calls_->C_DecryptInit(session_, &mechanism, key) != CKR_OK ||
           calls_->C_Decrypt(session_, input.data(), input.size(), out.data(), &size) != CKR_OK || size != out.size())
            return errc::io_failed;
        ERR_clear_error();
        return out;
    }

    int operations = 0;

private:
    bool start()
    {
        auto const folder = folder_.path() / "tokens";
        std::filesystem::create_directory(folder);
        auto const configuration = folder_.path() / "softhsm2.conf";
        std::ofstream(configuration) << "directories.tokendir = " << folder.string()
                                     << "\nobjectstore.backend = file\nlog.level = ERROR\n";
        ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
        auto const list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(module_, "C_GetFunctionList"));
        if(list == nullptr || list(&calls_) != CKR_OK || calls_->C_Initialize(nullptr) != CKR_OK)
            return false;
        CK_SLOT_ID slot = 0;
        CK_ULONG count = 1;
        std::string officer = "87654321";
        std::string user(user_pin);
        std::string label(32, ' ');
        if(calls_->C_GetSlotList(CK_TRUE, &slot, &count) != CKR_OK || count == 0 ||
           calls_->C_InitToken(slot, text(officer), officer.size(), text(label)) != CKR_OK)
            return false;
        // A token that was initialised moves to a slot of its own, before the empty one.
        std::array<CK_SLOT_ID, 2> slots{};
        count = slots.size();
        if(calls_->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK ||
           calls_->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session_) != CKR_OK)
            return false;
        return calls_->C_Login(session_, CKU_SO, text(officer), officer.size()) == CKR_OK &&
               calls_->C_InitPIN(session_, text(user), user.size()) == CKR_OK && calls_->C_Logout(session_) == CKR_OK &&
               calls_->C_Login(session_, CKU_USER, text(user), user.size()) == CKR_OK;
    }

    key_pair make(CK_MECHANISM_TYPE type, std::span<CK_ATTRIBUTE> open, std::span<CK_ATTRIBUTE> hidden)
    {
        CK_MECHANISM mechanism{type, nullptr, 0};
        key_pair out;
        EXPECT_EQ(calls_->C_GenerateKeyPair(session_, &mechanism, open.data(), open.size(), hidden.data(),
                                            hidden.size(), &out.open, &out.hidden),
                  CKR_OK);
        ERR_clear_error();
        return out;
    }

    scepkit::test::temporary_folder folder_;
    std::mutex mutex_;
    void* module_ = nullptr;
    CK_FUNCTION_LIST_PTR calls_ = nullptr;
    CK_SESSION_HANDLE session_ = 0;
};

public_key rsa_public_key(token& t, key_pair const& pair)
{
    auto const modulus = t.value_of(pair.open, CKA_MODULUS);
    auto const exponent = t.value_of(pair.open, CKA_PUBLIC_EXPONENT);
    auto const numbers = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.unsigned_integer(modulus);
            w.unsigned_integer(exponent);
        });
    });
    auto const spki = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.algorithm(asn1::oids::rsa_encryption, true);
            w.bit_string(numbers);
        });
    });
    return public_key::from_spki(spki).value();
}

public_key ec_public_key(token& t, key_pair const& pair)
{
    auto const wrapped = t.value_of(pair.open, CKA_EC_POINT);
    asn1::reader input(wrapped);
    auto const point = input.read_octet_string().value();
    auto const spki = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.sequence([&] {
                w.oid(asn1::oids::ec_public_key);
                w.oid(asn1::oids::secp256r1);
            });
            w.bit_string(point);
        });
    });
    return public_key::from_spki(spki).value();
}

class token_signer final : public signer
{
public:
    token_signer(std::shared_ptr<token> t, CK_OBJECT_HANDLE key) : token_(std::move(t)), key_(key) {}

    result<bytes> sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const override
    {
        auto const hash = crypto_context::default_context().digest(digest, message);
        if(!hash)
            return hash.error();
        if(scheme == signature_scheme::ecdsa) {
            auto const pair = token_->sign(CKM_ECDSA, key_, *hash);
            if(!pair)
                return pair.error();
            bytes_view const numbers(*pair);
            return asn1::encode([&](asn1::writer& w) {
                w.sequence([&] {
                    w.unsigned_integer(numbers.first(numbers.size() / 2));
                    w.unsigned_integer(numbers.subspan(numbers.size() / 2));
                });
            });
        }
        if(scheme != signature_scheme::rsa_pkcs1_v1_5)
            return errc::unsupported;
        auto const info = asn1::encode([&](asn1::writer& w) {
            w.sequence([&] {
                write_digest_algorithm(w, digest);
                w.octet_string(*hash);
            });
        });
        return token_->sign(CKM_RSA_PKCS, key_, info);
    }

private:
    std::shared_ptr<token> token_;
    CK_OBJECT_HANDLE key_;
};

#define SCEPKIT_NEED_TOKEN(variable)                                                                                   \
    auto const variable = token::open();                                                                               \
    if(!variable && is_required())                                                                                     \
        FAIL() << "SoftHSM (Debian: softhsm2) is not there or does not start";                                         \
    if(!variable)                                                                                                      \
    GTEST_SKIP() << "SoftHSM (Debian: softhsm2) is not there"

TEST(SoftHsm, ASignerSignsRequestsCertificatesAndWhatOthersVerify)
{
    SCEPKIT_NEED_TOKEN(t);
    auto const rsa = t->make_rsa();
    auto const ec = t->make_p256();
    for(auto const& [pair, key] : {std::pair(rsa, rsa_public_key(*t, rsa)), std::pair(ec, ec_public_key(*t, ec))}) {
        auto const k = private_key::from_signer(key, std::make_shared<token_signer const>(t, pair.hidden)).value();
        auto const subject = name::parse("CN=in a token").value();
        auto const request = certificate_request_builder().subject(subject).sign(k);
        ASSERT_TRUE(request.has_value()) << request.error();
        EXPECT_EQ(code_of(request->verify()), errc{});
        auto const made = make_certificate({.subject = subject,
                                            .not_before = test::today(),
                                            .not_after = test::today(),
                                            .serial = {1},
                                            .extensions = {}},
                                           key, subject, k);
        ASSERT_TRUE(made.has_value()) << made.error();
        EXPECT_TRUE(made->is_issued_by(*made));
        EXPECT_EQ(k.operations().signatures, 2u);
        EXPECT_EQ(code_of(k.sign(signature_scheme::rsa_pss, digest_algorithm::sha256, {})),
                  key.is_rsa() ? errc::unsupported : errc::invalid_argument);
    }
}

TEST(SoftHsm, ARawOperationOpensBothPaddings)
{
    SCEPKIT_NEED_TOKEN(t);
    auto const pair = t->make_rsa();
    auto const key = rsa_public_key(*t, pair);
    auto const decrypter =
        make_decrypter(
            key, [t, pair](bytes_view data) { return t->raw(pair.hidden, data); }, secret_bytes(bytes(32, 5)))
            .value();
    EXPECT_FALSE(t->tells(pair.hidden, CKA_PRIVATE_EXPONENT)) << "the key does not leave the token";
    for(auto const& transport :
        {key_transport{}, key_transport{key_transport::kind::rsa_oaep},
         key_transport{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha256}})
        for(std::size_t const size : {16u, 24u, 32u}) {
            bytes const content_key(size, 0x42);
            auto const ciphertext = key.encrypt(transport, content_key).value();
            EXPECT_EQ(hex_of(decrypter->decrypt(transport, ciphertext, size)), to_hex(content_key));
        }
    EXPECT_EQ(t->operations, 9);
}

TEST(ThreatD1, ATokenRejectsImplicitlyAndTheSameWayAfterARestart)
{
    SCEPKIT_NEED_TOKEN(t);
    auto const pair = t->make_rsa();
    auto const key = rsa_public_key(*t, pair);
    auto const start = [&](std::uint8_t fill) {
        return make_decrypter(
                   key, [t, pair](bytes_view data) { return t->raw(pair.hidden, data); }, secret_bytes(bytes(32, fill)))
            .value();
    };
    auto const first = start(5);
    auto const restarted = start(5);
    auto const other = start(6);
    auto good = key.encrypt({}, bytes(16, 9)).value();
    good.back() ^= 1;
    for(auto const& ciphertext : {good, bytes(256, 1), bytes(256, 0xff), bytes(10, 1)})
        for(auto const scheme : {key_transport::kind::rsa_v1_5, key_transport::kind::rsa_oaep}) {
            auto const answer = hex_of(first->decrypt({scheme}, ciphertext, 16));
            EXPECT_EQ(answer.size(), 32u);
            EXPECT_EQ(answer, hex_of(first->decrypt({scheme}, ciphertext, 16)));
            EXPECT_EQ(answer, hex_of(restarted->decrypt({scheme}, ciphertext, 16)));
            EXPECT_NE(answer, hex_of(other->decrypt({scheme}, ciphertext, 16)));
        }
}

#else

TEST(SoftHsm, IsDriven)
{
    if(is_required())
        FAIL() << "p11-kit/pkcs11.h (Debian: libp11-kit-dev) was not there when this was built";
    GTEST_SKIP() << "p11-kit/pkcs11.h (Debian: libp11-kit-dev) was not there when this was built";
}

#endif

} // namespace
} // namespace scepkit::inline v0::pki
