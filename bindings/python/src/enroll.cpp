// SPDX-License-Identifier: BSL-1.0
#include "transactions.hpp"

#include <scepkit/net/client.hpp>

namespace scepkit::python {
namespace {

/// A pending enrolment with what a later process needs to go on.
struct pending {
    scep::pending said;
    bytes state;
};

py::object finish(scep::enrollment_outcome outcome, scep::enrollment const& transaction)
{
    if(auto* done = std::get_if<scep::issued>(&outcome))
        return py::cast(std::move(*done));
    if(auto* wait = std::get_if<scep::pending>(&outcome))
        return py::cast(pending{std::move(*wait), value_or_raise(transaction.save())});
    if(auto* no = std::get_if<scep::rejected>(&outcome))
        raise_rejected(*no);
    raise(errc::state_misuse);
}

net::client_options transport_of(std::optional<std::string> const& tls_ca_file, double timeout)
{
    net::client_options options;
    options.request_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
    options.tls.ca_file = tls_ca_file;
    return options;
}

template <class Transaction>
auto run(Transaction& transaction, std::string const& url, std::optional<std::string> const& tls_ca_file,
         double timeout)
{
    auto const server = value_or_raise(http::endpoint::parse(url));
    auto transport = transport_of(tls_ca_file, timeout);
    return value_or_raise(interruptible([&](std::atomic<bool> const& cancel) {
        transport.cancel = &cancel;
        net::client client(transport);
        return client.run(transaction, server);
    }));
}

scep::enrollment make(pki::certificate_request const& request, pki::private_key const& key,
                      std::optional<pki::certificate> const& renew, std::optional<pki::private_key> const& renew_key,
                      scep::ca_trust trust, manner const& m)
{
    if(renew_key && !renew)
        throw py::value_error("renew_key is the key of the certificate in renew");
    scep::enrollment_request wanted{.request = request, .key = key, .signer = {}, .signer_key = {}, .decrypter = {}};
    if(renew) {
        wanted.signer = renew;
        wanted.signer_key = renew_key.value_or(key);
    }
    return value_or_raise(
        scep::enrollment::create(std::move(wanted), std::move(trust), options_of(m, renew.has_value())));
}

scep::enrollment resume_from(py::bytes const& state, pki::private_key const& key,
                             std::optional<pki::private_key> const& renew_key,
                             std::optional<std::string> const& challenge, scep::ca_trust trust, manner const& m)
{
    scep::enrollment::resume_keys keys{.key = key, .signer_key = renew_key, .decrypter = {}, .challenge = {}};
    if(challenge)
        keys.challenge = secret_bytes::from_text(*challenge);
    return value_or_raise(scep::enrollment::resume(view_of(state), std::move(keys), std::move(trust),
                                                   options_of(m, false), current_time()));
}

// The step of a transaction without I/O, for programs that bring their own HTTP (asyncio, a test bench).
py::object to_python(scep::enrollment::step step, scep::enrollment const& transaction)
{
    if(auto* s = std::get_if<scep::send>(&step))
        return py::cast(std::move(*s));
    if(auto* w = std::get_if<scep::wait>(&step))
        return py::cast(*w);
    return finish(std::get<scep::enrollment_outcome>(std::move(step)), transaction);
}

scep::query_signer signer_of(pki::certificate const& certificate, pki::private_key const& key)
{
    return {certificate, key, {}};
}

template <class Wanted>
Wanted answer(scep::query_outcome outcome)
{
    if(auto* no = std::get_if<scep::rejected>(&outcome))
        raise_rejected(*no);
    if(auto* found = std::get_if<Wanted>(&outcome))
        return std::move(*found);
    raise(errc::state_misuse);
}

template <class Outcome>
std::vector<std::string> tolerances_of(Outcome const& o)
{
    return names_of(o.tolerances);
}

void add_outcomes(py::module_& m)
{
    py::class_<scep::issued>(m, "Issued", "An authenticated SUCCESS, checked against the request.")
        .def_readonly("certificate", &scep::issued::certificate)
        .def_readonly("chain", &scep::issued::chain)
        .def_property_readonly("tolerances", &tolerances_of<scep::issued>)
        .def("__repr__", [](scep::issued const& i) {
            return to_text("<scepkit.Issued " + i.certificate.subject().to_string() + ">");
        });
    py::class_<pending>(m, "Pending", "The CA wants a person to look at the request first.")
        .def_property_readonly("transaction_id", [](pending const& p) { return to_text(p.said.transaction_id); })
        .def_property_readonly(
            "state", [](pending const& p) { return python::to_python(p.state); },
            "For resume(), in this process or a later one. No key and no challenge is in it.")
        .def_property_readonly("tolerances", [](pending const& p) { return names_of(p.said.tolerances); })
        .def("__repr__", [](pending const&) { return "<scepkit.Pending>"; });
    py::class_<scep::send>(m, "Send", "To be sent to the server.")
        .def_property_readonly("operation", [](scep::send const& s) { return std::string(scep::name_of(s.operation)); })
        .def_property_readonly("message", [](scep::send const& s) { return to_text(s.message); })
        .def_property_readonly("body", [](scep::send const& s) { return python::to_python(s.body); })
        .def_readonly("post_allowed", &scep::send::post_allowed);
    py::class_<scep::wait>(m, "Wait", "To be waited for, then on_timer().")
        .def_property_readonly("seconds", [](scep::wait const& w) { return w.delay.count(); });
}

void add_answers(py::module_& m)
{
    py::class_<scep::ca_description>(m, "CaDescription", "What GetCACaps and GetCACert said, after the trust check.")
        .def_property_readonly("issuing_ca", [](scep::ca_description const& d) { return d.identity.issuing_ca; })
        .def_property_readonly("recipient", [](scep::ca_description const& d) { return d.identity.recipient; })
        .def_property_readonly("certificates", [](scep::ca_description const& d) { return d.identity.all; })
        .def_property_readonly("capabilities",
                               [](scep::ca_description const& d) { return to_text(d.capabilities.to_text()); })
        .def_property_readonly("tolerances",
                               [](scep::ca_description const& d) { return names_of(d.identity.tolerances); });
    py::class_<scep::next_ca>(m, "NextCa", "The next CA, vouched for by today's.")
        .def_readonly("certificate", &scep::next_ca::certificate)
        .def_readonly("certificates", &scep::next_ca::all)
        .def_property_readonly("switch_over", [](scep::next_ca const& n) { return to_datetime(n.switch_over); })
        .def_property_readonly("tolerances", &tolerances_of<scep::next_ca>);
    py::class_<scep::found_crl>(m, "Crl", "The CRL of the issuing CA, its signature checked.")
        .def_property_readonly("der", [](scep::found_crl const& c) { return python::to_python(c.crl.der()); })
        .def_property_readonly("issuer", [](scep::found_crl const& c) { return to_text(c.crl.issuer().to_string()); })
        .def_property_readonly("this_update", [](scep::found_crl const& c) { return to_datetime(c.crl.this_update()); })
        .def("__len__", [](scep::found_crl const& c) { return c.crl.size(); })
        .def(
            "revokes",
            [](scep::found_crl const& c, pki::certificate const& x) { return c.crl.find(x.serial()) != nullptr; },
            py::arg("certificate"))
        .def_property_readonly("tolerances", &tolerances_of<scep::found_crl>);
}

#define SCEPKIT_TRUST                                                                                                  \
    py::arg("ca_fingerprint") = std::nullopt, py::arg("ca_certificates") = std::nullopt,                               \
    py::arg("trust_on_first_use") = false
#define SCEPKIT_MANNER                                                                                                 \
    py::arg("profile") = "ndes", py::arg("cipher") = std::nullopt, py::arg("digest") = std::nullopt,                   \
    py::arg("pss") = false, py::arg("oaep") = std::nullopt, py::arg("renewal") = "automatic", py::arg("polls") = 0,    \
    py::arg("poll_interval") = 30.0, py::arg("poll_deadline") = std::nullopt
#define SCEPKIT_TRANSPORT py::arg("tls_ca_file") = std::nullopt, py::arg("timeout") = 30.0

using text = std::optional<std::string>;
using pem = std::optional<py::bytes>;
using optional_key = std::optional<pki::private_key>;
using optional_certificate = std::optional<pki::certificate>;

void add_calls(py::module_& m)
{
    m.def(
        "enroll",
        [](std::string const& url, pki::certificate_request const& request, pki::private_key const& key,
           optional_certificate const& renew, optional_key const& renew_key, text const& fingerprint,
           pem const& anchors, bool first_use, std::string profile, text cipher, text digest, bool pss, text oaep,
           std::string renewal, unsigned polls, double interval, std::optional<double> deadline,
           text const& tls_ca_file, double timeout) {
            auto transaction = make(request, key, renew, renew_key, trust_of(fingerprint, anchors, first_use),
                                    {std::move(profile), std::move(cipher), std::move(digest), pss, std::move(oaep),
                                     std::move(renewal), polls, interval, deadline});
            auto outcome = run(transaction, url, tls_ca_file, timeout);
            return finish(std::move(outcome), transaction);
        },
        py::arg("url"), py::kw_only(), py::arg("request"), py::arg("key"), py::arg("renew") = std::nullopt,
        py::arg("renew_key") = std::nullopt, SCEPKIT_TRUST, SCEPKIT_MANNER, SCEPKIT_TRANSPORT,
        "Enrol once, or renew the certificate `renew`. Issued or Pending is returned; a refusal raises "
        "RequestRejected.");
    m.def(
        "resume",
        [](std::string const& url, py::bytes const& state, pki::private_key const& key, optional_key const& renew_key,
           text const& challenge, text const& fingerprint, pem const& anchors, bool first_use, std::string profile,
           text cipher, text digest, bool pss, text oaep, std::string renewal, unsigned polls, double interval,
           std::optional<double> deadline, text const& tls_ca_file, double timeout) {
            auto transaction = resume_from(state, key, renew_key, challenge, trust_of(fingerprint, anchors, first_use),
                                           {std::move(profile), std::move(cipher), std::move(digest), pss,
                                            std::move(oaep), std::move(renewal), polls, interval, deadline});
            auto outcome = run(transaction, url, tls_ca_file, timeout);
            return finish(std::move(outcome), transaction);
        },
        py::arg("url"), py::kw_only(), py::arg("state"), py::arg("key"), py::arg("renew_key") = std::nullopt,
        py::arg("challenge") = std::nullopt, SCEPKIT_TRUST, SCEPKIT_MANNER, SCEPKIT_TRANSPORT,
        "Go on with a Pending enrolment: CertPoll.");
}

void add_queries(py::module_& m)
{
    m.def(
        "get_ca",
        [](std::string const& url, text const& fingerprint, pem const& anchors, bool first_use, std::string profile,
           text const& tls_ca_file, double timeout) {
            auto question = value_or_raise(scep::query::ca(trust_of(fingerprint, anchors, first_use),
                                                           options_of({.profile = std::move(profile)}, false)));
            return answer<scep::ca_description>(run(question, url, tls_ca_file, timeout));
        },
        py::arg("url"), py::kw_only(), SCEPKIT_TRUST, py::arg("profile") = "ndes", SCEPKIT_TRANSPORT,
        "GetCACaps and GetCACert, with the trust check.");
    m.def(
        "get_next_ca",
        [](std::string const& url, text const& fingerprint, pem const& anchors, bool first_use, std::string profile,
           text const& tls_ca_file, double timeout) {
            auto question = value_or_raise(scep::query::next_ca(trust_of(fingerprint, anchors, first_use),
                                                                options_of({.profile = std::move(profile)}, false)));
            return answer<scep::next_ca>(run(question, url, tls_ca_file, timeout));
        },
        py::arg("url"), py::kw_only(), SCEPKIT_TRUST, py::arg("profile") = "ndes", SCEPKIT_TRANSPORT,
        "GetNextCACert, verified with today's CA.");
    m.def(
        "get_crl",
        [](std::string const& url, pki::certificate const& certificate, pki::private_key const& key,
           text const& fingerprint, pem const& anchors, bool first_use, std::string profile, text const& tls_ca_file,
           double timeout) {
            auto question = value_or_raise(scep::query::crl(
                scep::issuer_and_serial::of(certificate), signer_of(certificate, key),
                trust_of(fingerprint, anchors, first_use), options_of({.profile = std::move(profile)}, false)));
            return answer<scep::found_crl>(run(question, url, tls_ca_file, timeout));
        },
        py::arg("url"), py::kw_only(), py::arg("certificate"), py::arg("key"), SCEPKIT_TRUST,
        py::arg("profile") = "ndes", SCEPKIT_TRANSPORT, "GetCRL, signed with a certificate that the CA issued.");
    m.def(
        "get_certificate",
        [](std::string const& url, pki::certificate const& certificate, pki::private_key const& key,
           std::optional<py::bytes> const& serial, text const& fingerprint, pem const& anchors, bool first_use,
           std::string profile, text const& tls_ca_file, double timeout) {
            auto wanted = scep::issuer_and_serial::of(certificate);
            if(serial)
                wanted.serial = to_bytes(view_of(*serial));
            auto question = value_or_raise(scep::query::certificate(
                std::move(wanted), signer_of(certificate, key), trust_of(fingerprint, anchors, first_use),
                options_of({.profile = std::move(profile)}, false)));
            return answer<scep::found_certificate>(run(question, url, tls_ca_file, timeout)).certificate;
        },
        py::arg("url"), py::kw_only(), py::arg("certificate"), py::arg("key"), py::arg("serial") = std::nullopt,
        SCEPKIT_TRUST, py::arg("profile") = "ndes", SCEPKIT_TRANSPORT,
        "GetCert: the certificate with that serial number (INTEGER content octets), or the signer's own again.");
}

void add_transaction(py::module_& m)
{
    py::class_<scep::enrollment>(m, "Enrollment",
                                 "An enrolment without I/O: each step is a Send, a Wait, an Issued or a Pending.")
        .def(py::init([](pki::certificate_request const& request, pki::private_key const& key,
                         optional_certificate const& renew, optional_key const& renew_key, text const& fingerprint,
                         pem const& anchors, bool first_use, std::string profile, text cipher, text digest, bool pss,
                         text oaep, std::string renewal, unsigned polls, double interval,
                         std::optional<double> deadline) {
                 return make(request, key, renew, renew_key, trust_of(fingerprint, anchors, first_use),
                             {std::move(profile), std::move(cipher), std::move(digest), pss, std::move(oaep),
                              std::move(renewal), polls, interval, deadline});
             }),
             py::kw_only(), py::arg("request"), py::arg("key"), py::arg("renew") = std::nullopt,
             py::arg("renew_key") = std::nullopt, SCEPKIT_TRUST, SCEPKIT_MANNER)
        .def("start", [](scep::enrollment& e) { return to_python(value_or_raise(e.start()), e); })
        .def(
            "on_reply",
            [](scep::enrollment& e, py::bytes const& body, std::string content_type, unsigned status,
               std::optional<double> retry_after) {
                scep::reply r{.body = to_bytes(view_of(body)),
                              .content_type = std::move(content_type),
                              .http_status = status,
                              .retry_after = {}};
                if(retry_after)
                    r.retry_after = std::chrono::seconds(static_cast<std::int64_t>(*retry_after));
                return to_python(value_or_raise(e.on_reply(r, current_time())), e);
            },
            py::arg("body"), py::kw_only(), py::arg("content_type") = "", py::arg("status") = 200,
            py::arg("retry_after") = std::nullopt)
        .def("on_timer", [](scep::enrollment& e) { return to_python(value_or_raise(e.on_timer()), e); })
        .def("save", [](scep::enrollment const& e) { return python::to_python(value_or_raise(e.save())); });
}

#undef SCEPKIT_TRUST
#undef SCEPKIT_MANNER
#undef SCEPKIT_TRANSPORT

} // namespace

void add_enroll(py::module_& m)
{
    add_outcomes(m);
    add_answers(m);
    add_calls(m);
    add_queries(m);
    add_transaction(m);
}

} // namespace scepkit::python
