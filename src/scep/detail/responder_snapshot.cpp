// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_snapshot.hpp>

#include <base/try.hpp>
#include <scepkit/cms/certificate_bag.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

error misuse(std::string message)
{
    return {errc::invalid_argument, diagnostics{.message = std::move(message), .layer = "scep"}};
}

bool is_for(pki::certificate const& c, pki::private_key const& key) { return c.key() && *c.key() == key.public_key(); }

result<void> check_recipient(pki::certificate const& c)
{
    auto const& key = c.key();
    if(!key || !(key->is_rsa() || is_ec(key->kind()) || is_ml_kem(key->kind())))
        return misuse("a certificate to which clients encrypt needs a key that can receive");
    return success();
}

result<void> check(responder_options const& o)
{
    if(o.ca_chain.empty())
        return misuse("a responder needs its CA certificate");
    if(!o.authorizer || !o.issuer)
        return misuse("a responder needs an authorizer and an issuer");
    if(!is_for(o.signing.certificate, o.signing.key))
        return misuse("the signing certificate is for another key");
    if(o.signature && !fits(*o.signature, o.signing.key.kind()))
        return misuse("the signature scheme of replies does not fit the signing key");
    if(!o.decryption && !o.request_password)
        return misuse("a responder needs a decrypter, or a challenge under which requests come");
    if(o.decryption)
        SCEPKIT_CHECK(check_recipient(o.decryption_certificate));
    if(o.request_password && o.request_password->empty())
        return misuse("an empty challenge is none");
    for(auto const& former : o.former_recipients) {
        if(!former.decrypter)
            return misuse("a former recipient needs its decrypter");
        SCEPKIT_CHECK(check_recipient(former.certificate));
    }
    return success();
}

// RFC 8894, 4.7.1: today's CA speaks for the next one; nobody else's word is believed.
result<bytes> sign_next_ca(responder_options const& o)
{
    auto const& by = o.next_ca_signing ? *o.next_ca_signing : o.signing;
    if(!(by.certificate == o.ca_chain.front()) || !is_for(by.certificate, by.key))
        return misuse("the next CA must be announced by today's issuing CA: set next_ca_signing");
    return make_next_ca_message(o.next_ca, by.certificate, by.key);
}

} // namespace

result<std::shared_ptr<responder_snapshot const>> responder_snapshot::make(responder_options options)
{
    SCEPKIT_CHECK(check(options));
    auto made = std::make_shared<responder_snapshot>(responder_snapshot{std::move(options), {}, {}, {}});
    auto const& o = made->options;
    if(o.ca_chain.size() == 1 && o.ra_certificates.empty()) {
        made->ca_certificates = to_bytes(o.ca_chain.front().der());
        made->ca_certificates_type = "application/x-x509-ca-cert";
    } else {
        auto const ca_first = o.ca_certificates == bag_order::ca_first;
        auto all = ca_first ? o.ca_chain : o.ra_certificates;
        auto const& rest = ca_first ? o.ra_certificates : o.ca_chain;
        all.insert(all.end(), rest.begin(), rest.end());
        made->ca_certificates = cms::certificate_bag::make(all);
        made->ca_certificates_type = "application/x-x509-ca-ra-cert";
    }
    if(!o.next_ca.empty()) {
        SCEPKIT_TRY(made->next_ca, sign_next_ca(o));
    }
    return std::shared_ptr<responder_snapshot const>(std::move(made));
}

bool responder_snapshot::is_own(pki::certificate const& c) const
{
    auto const is_c = [&](pki::certificate const& other) { return other == c; };
    return is_c(options.signing.certificate) || is_c(options.decryption_certificate) ||
           std::ranges::any_of(options.ca_chain, is_c) || std::ranges::any_of(options.ra_certificates, is_c) ||
           std::ranges::any_of(options.former_recipients, is_c, &recipient_identity::certificate);
}

random_source& responder_snapshot::random() const
{
    return options.random != nullptr ? *options.random : system_random();
}

result<drawn_numbers> drawn_numbers::draw(random_source& random)
{
    drawn_numbers out{};
    std::array<std::uint8_t, out.sender_nonce.size() + out.serial.size()> all{};
    SCEPKIT_CHECK(random.fill(all));
    std::copy_n(all.begin(), out.sender_nonce.size(), out.sender_nonce.begin());
    std::copy_n(all.begin() + out.sender_nonce.size(), out.serial.size(), out.serial.begin());
    out.serial.front() = static_cast<std::uint8_t>((out.serial.front() & 0x3f) | 0x40);
    return out;
}

void responder_snapshot::trace(std::string_view name, std::string detail) const
{
    if(options.trace != nullptr)
        options.trace->on_event({.layer = "scep", .name = name, .detail = std::move(detail)});
}

} // namespace scepkit::inline v0::scep::detail
