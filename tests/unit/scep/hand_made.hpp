// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/query.hpp>

#include <support/scripted_ca.hpp>

namespace scepkit::test {

/// A CA whose answers to messages are written by the test; capabilities and certificates are good ones.
class hand_made
{
public:
    explicit hand_made(scripted_ca::layout layout = scripted_ca::layout::ra_pair) : ca(layout) {}

    reply operator()(scep::send const& s)
    {
        switch(s.operation) {
        case scep::operation::get_ca_caps: return {to_bytes(as_bytes(words)), "text/plain", 200};
        case scep::operation::get_ca_cert: {
            std::vector certificates{ca.ca.certificate};
            if(ca.signing_ra) {
                certificates.push_back(ca.signing_ra->certificate);
                certificates.push_back(ca.encryption_ra->certificate);
            }
            return {cms::certificate_bag::make(certificates), "application/x-x509-ca-ra-cert", 200};
        }
        case scep::operation::get_next_ca_cert: return next_ca();
        case scep::operation::pki_operation: break;
        }
        ++messages;
        return on_message(s);
    }
    std::function<reply(scep::send const&)> serve()
    {
        return [this](scep::send const& s) { return (*this)(s); };
    }

    static reply pki_reply(bytes body) { return {std::move(body), "application/x-pki-message", 200}; }
    reply success(bytes_view request, std::vector<pki::certificate> certificates) const
    {
        reply_wish wish(request);
        wish.certificates = std::move(certificates);
        return pki_reply(wish.sign(ca.signer()));
    }
    reply status(bytes_view request, scep::pki_status s) const
    {
        reply_wish wish(request);
        wish.attributes.pki_status = s;
        if(s == scep::pki_status::failure)
            wish.attributes.fail_info = scep::fail_info::bad_request;
        return pki_reply(wish.sign(ca.signer()));
    }
    pki::certificate leaf(std::string const& device, pki::private_key const& key) const
    {
        return ca.ca.issue({.subject = "CN=" + device + ",O=Contoso"}, key.public_key());
    }
    /// The request inside a message, opened with the CA's key.
    bytes inside(bytes_view message) const
    {
        auto const verified =
            scep::verified_message::verify(scep::parsed_message::parse(message, scep::profile::legacy()).value(), {},
                                           scep::profile::legacy())
                .value();
        auto const opened = verified.open(ca.recipient().certificate, *ca.decrypter, scep::profile::legacy()).value();
        return to_bytes(opened.content.view());
    }

    scripted_ca ca;
    std::string words = "SCEPStandard\nRenewal\nGetNextCACert\n";
    std::function<reply(scep::send const&)> on_message;
    std::function<reply()> next_ca = [] { return reply{{}, "", 501}; };
    unsigned messages = 0;
};

inline scep::parsed_message read_sent(scep::send const& s)
{
    return scep::parsed_message::parse(s.body, scep::profile::strict()).value();
}

} // namespace scepkit::test
