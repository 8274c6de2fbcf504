// SPDX-License-Identifier: BSL-1.0
#include "new_key.hpp"
#include "sweep.hpp"

#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/cms/enveloped_data.hpp>

#include <support/files.hpp>
#include <support/scripted_ca.hpp>

#include <array>

using namespace scepkit;
using test::sweep;
using test::sweep_anew;
using test::with_new_key;

namespace {

cms::quirk_set everything()
{
    cms::quirk_set out;
    for(auto const q : cms::all_quirks())
        out.insert(q);
    return out;
}

/// A certificate, and its key in PEM.
struct holder {
    explicit holder(pki::key_kind kind)
        : certificate(test::authority::self_signed({.subject = "CN=Holder"}, test::key_of(kind, "holder")).certificate),
          pem(to_bytes(test::key_of(kind, "holder").to_pem()->view()))
    {
    }
    pki::certificate certificate;
    bytes pem;
};

result<cms::verified_signed_data> verify(bytes_view message)
{
    auto parsed = cms::signed_data::parse(message, {});
    if(!parsed)
        return parsed.error();
    return cms::verified_signed_data::verify(*std::move(parsed), {}, {});
}

} // namespace

TEST(ThreatR9, SigningAndVerifyingSignedData)
{
    holder const signer(pki::key_kind::rsa);
    std::array const sent{signer.certificate};
    cms::signing_input input;
    auto const content = as_bytes("what is signed");
    input.content = content;
    input.certificates = sent;
    auto const sign = [&](pki::private_key const& key) { return cms::sign(input, signer.certificate, key); };
    sweep_anew(with_new_key(signer.pem, sign), [](auto const& message) { return verify(message).has_value(); });

    auto const message = sign(test::rsa_key("holder")).value();
    sweep([&] { return verify(message); }, [&](auto const& v) { return equal(*v.message().content(), content); });

    auto wrong = message;
    wrong.back() ^= 1;
    sweep([&]() -> result<bool> { return !verify(wrong); }, [](bool refused) { return refused; });
}

TEST(ThreatR9, SealingAndOpening)
{
    auto const content = to_bytes(as_bytes("what is sealed"));
    using pki::key_kind;
    struct kind {
        pki::key_kind key;
        cms::seal_options options;
    };
    for(auto const& [key_kind, options] :
        {kind{key_kind::rsa, {}}, kind{key_kind::rsa, {.transport = {.scheme = pki::key_transport::kind::rsa_oaep}}},
         kind{key_kind::rsa, {.cipher = cms::content_cipher::aes256_gcm}},
         kind{key_kind::rsa, {.cipher = cms::content_cipher::des_ede3_cbc}}, kind{key_kind::ec_p256, {}}}) {
        holder const who(key_kind);
        std::array const recipients{who.certificate};
        auto const seal = [&, &chosen = options] { return cms::seal(content, recipients, chosen, system_random()); };
        auto const open = [&](bytes_view sealed, pki::private_key const& key) -> result<cms::opened> {
            auto const decrypter = pki::software_decrypter::create(key);
            if(!decrypter)
                return decrypter.error();
            auto const parsed = cms::enveloped_data::parse(sealed, everything());
            if(!parsed)
                return parsed.error();
            return cms::open(*parsed, who.certificate, **decrypter, everything());
        };
        auto const is_content = [&](auto const& o) { return equal(o.content.view(), content); };
        auto const own = pki::private_key::from_pem(who.pem).value();
        sweep(seal, [&](auto const& envelope) { return is_content(open(envelope, own).value()); });
        sweep_anew(with_new_key(who.pem, [&, sealed = seal().value()](auto const& key) { return open(sealed, key); }),
                   is_content);
    }
}

TEST(ThreatR9, SealingAndOpeningUnderAPassword)
{
    auto const content = to_bytes(as_bytes("what is sealed"));
    auto const password = secret_bytes::from_text("open sesame");
    auto const seal = [&] {
        return cms::seal_with_password(content, password, {.password_iterations = 10}, system_random());
    };
    sweep(seal, [](auto const& envelope) { return !envelope.empty(); });
    auto const sealed = seal().value();
    sweep(
        [&]() -> result<cms::opened> {
            auto const parsed = cms::enveloped_data::parse(sealed, everything());
            if(!parsed)
                return parsed.error();
            return cms::open_with_password(*parsed, password, everything());
        },
        [&](auto const& o) { return equal(o.content.view(), content); });
}

TEST(ThreatR9, ReadingABag)
{
    for(auto const* name : {"bag_four.der", "bag_ber.der", "bag_with_crl.der"}) {
        auto const message = test::read_bytes(test::vector_path("cms/" + std::string(name)));
        auto const expected = cms::certificate_bag::parse(message)->certificates;
        sweep([&] { return cms::certificate_bag::parse(message); },
              [&](auto const& bag) { return bag.certificates == expected; });
    }
}
