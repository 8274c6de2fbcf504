// SPDX-License-Identifier: BSL-1.0
#include "transactions.hpp"

#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/pki/pkcs12.hpp>
#include <scepkit/pki/request.hpp>

namespace scepkit::python {
namespace {

py::int_ integer_of(bytes_view content)
{
    return py::int_(py::module_::import("builtins")
                        .attr("int")
                        .attr("from_bytes")(to_python(content), "big", py::arg("signed") = true));
}

std::vector<std::string> dns_names(pki::certificate const& c)
{
    std::vector<std::string> names;
    for(auto const& n : c.extensions().subject_alt_names)
        if(n.type == pki::general_name::kind::dns)
            names.push_back(escape_controls(n.text));
    return names;
}

pki::key_kind kind_of(std::string_view name)
{
    for(auto kind : {pki::key_kind::rsa, pki::key_kind::ec_p256, pki::key_kind::ec_p384, pki::key_kind::ec_p521,
                     pki::key_kind::ml_dsa_44, pki::key_kind::ml_dsa_65, pki::key_kind::ml_dsa_87})
        if(pki::name_of(kind) == name)
            return kind;
    throw py::value_error("kind is 'RSA', 'P-256', 'P-384', 'P-521', 'ML-DSA-44', 'ML-DSA-65' or 'ML-DSA-87'");
}

pki::key_usage usage_of(std::string_view name)
{
    using u = pki::key_usage;
    constexpr std::pair<std::string_view, u> table[] = {{"digital_signature", u::digital_signature},
                                                        {"non_repudiation", u::non_repudiation},
                                                        {"key_encipherment", u::key_encipherment},
                                                        {"data_encipherment", u::data_encipherment},
                                                        {"key_agreement", u::key_agreement}};
    for(auto const& [text, bit] : table)
        if(text == name)
            return bit;
    throw py::value_error(
        "key_usage: digital_signature, non_repudiation, key_encipherment, data_encipherment, key_agreement");
}

struct builder {
    pki::certificate_request_builder inner;
};

void add_keys(py::module_& m)
{
    py::class_<pki::private_key>(m, "PrivateKey",
                                 "A private key, in memory or in a provider. Immutable; never printed.")
        .def_static(
            "generate",
            [](std::string const& kind, std::size_t bits) {
                auto const k = kind_of(kind);
                return value_or_raise(interruptible([&](auto&) { return pki::private_key::generate(k, bits); }));
            },
            py::kw_only(), py::arg("kind") = "RSA", py::arg("bits") = 2048)
        .def_static(
            "from_pem",
            [](py::bytes const& pem, std::optional<std::string> const& passphrase) {
                if(!passphrase)
                    return value_or_raise(pki::private_key::from_pem(view_of(pem)));
                return value_or_raise(pki::private_key::from_pem(view_of(pem), secret_bytes::from_text(*passphrase)));
            },
            py::arg("pem"), py::arg("passphrase") = std::nullopt)
        .def_static(
            "from_uri",
            [](std::string const& uri, std::optional<std::string> const& pin) {
                return value_or_raise(pki::private_key::from_uri(uri, secret_bytes::from_text(pin.value_or(""))));
            },
            py::arg("uri"), py::kw_only(), py::arg("pin") = std::nullopt,
            "A key that stays where a provider of OpenSSL keeps it: \"pkcs11:token=…;object=…\".")
        .def("to_pem",
             [](pki::private_key const& k) {
                 auto const pem = value_or_raise(k.to_pem());
                 return to_python(pem.view());
             })
        .def_property_readonly("kind", [](pki::private_key const& k) { return std::string(pki::name_of(k.kind())); })
        .def_property_readonly("bits", [](pki::private_key const& k) { return k.public_key().bits(); })
        .def("__repr__", [](pki::private_key const& k) {
            return "<scepkit.PrivateKey " + std::string(pki::name_of(k.kind())) + " " +
                   std::to_string(k.public_key().bits()) + ">";
        });
}

void add_certificates(py::module_& m)
{
    py::class_<pki::certificate>(m, "Certificate", "An X.509 certificate that parsed; nothing is said about trust.")
        .def_static(
            "from_der", [](py::bytes const& der) { return value_or_raise(pki::certificate::from_der(view_of(der))); },
            py::arg("der"))
        .def_static(
            "from_pem", [](py::bytes const& pem) { return value_or_raise(pki::certificate::from_pem(view_of(pem))); },
            py::arg("pem"))
        .def("to_pem", [](pki::certificate const& c) { return to_text(c.to_pem()); })
        .def_property_readonly("der", [](pki::certificate const& c) { return to_python(c.der()); })
        .def_property_readonly("subject", [](pki::certificate const& c) { return to_text(c.subject().to_string()); })
        .def_property_readonly("issuer", [](pki::certificate const& c) { return to_text(c.issuer().to_string()); })
        .def_property_readonly("serial", [](pki::certificate const& c) { return integer_of(c.serial()); })
        .def_property_readonly("not_before", [](pki::certificate const& c) { return to_datetime(c.not_before()); })
        .def_property_readonly("not_after", [](pki::certificate const& c) { return to_datetime(c.not_after()); })
        .def_property_readonly("sha256", [](pki::certificate const& c) { return to_hex(c.sha256()); })
        .def_property_readonly("is_ca", &pki::certificate::is_ca)
        .def_property_readonly("key_usage",
                               [](pki::certificate const& c) -> std::optional<std::string> {
                                   auto const& usage = c.extensions().key_usage;
                                   return usage ? std::optional(pki::to_string(*usage)) : std::nullopt;
                               })
        .def_property_readonly("dns_names", &dns_names)
        .def("__eq__",
             [](pki::certificate const& a, py::object const& b) {
                 return py::isinstance<pki::certificate>(b) && a == b.cast<pki::certificate const&>();
             })
        .def("__hash__", [](pki::certificate const& c) { return py::hash(to_python(c.sha256())); })
        .def("__repr__", [](pki::certificate const& c) {
            return to_text("<scepkit.Certificate " + c.subject().to_string() + ">");
        });

    py::class_<cms::certificate_bag>(m, "CertificateBag", "A degenerate SignedData: what GetCACert and a CertRep hold.")
        .def_readonly("certificates", &cms::certificate_bag::certificates)
        .def_property_readonly("crls",
                               [](cms::certificate_bag const& b) {
                                   py::list list;
                                   for(auto const& crl : b.crls)
                                       list.append(to_python(crl));
                                   return list;
                               })
        .def_property_readonly("tolerances", [](cms::certificate_bag const& b) { return names_of(b.tolerances); })
        .def("__repr__", [](cms::certificate_bag const& b) {
            return "<scepkit.CertificateBag of " + std::to_string(b.certificates.size()) + ">";
        });
    m.def(
        "read_pkcs12",
        [](py::bytes const& data, std::string const& passphrase) {
            secret_bytes const file(view_of(data));
            auto const secret = secret_bytes::from_text(passphrase);
            auto found = value_or_raise(interruptible([&](auto&) { return pki::pkcs12::read(file.view(), secret); }));
            return std::make_tuple(std::move(found.key), std::move(found.certificate), std::move(found.others));
        },
        py::arg("data"), py::arg("passphrase"),
        "The key of a PKCS#12 file, its certificate, and the other certificates.");
    m.def(
        "parse_certificate_bag",
        [](py::bytes const& data) {
            auto const view = view_of(data);
            py::gil_scoped_release release;
            auto bag = cms::certificate_bag::parse(view, {cms::quirk::ber_encoding, cms::quirk::bag_with_content});
            py::gil_scoped_acquire const acquire;
            return value_or_raise(std::move(bag));
        },
        py::arg("data"), "Read a certs-only CMS message. Trust is the caller's next question.");
}

void add_requests(py::module_& m)
{
    py::class_<pki::certificate_request>(m, "CertificateRequest",
                                         "A signed PKCS#10 request. Its DER holds the challenge.")
        .def_static(
            "from_der",
            [](py::bytes const& der) { return value_or_raise(pki::certificate_request::from_der(view_of(der))); },
            py::arg("der"))
        .def_property_readonly("der", [](pki::certificate_request const& r) { return to_python(r.der()); })
        .def_property_readonly("subject",
                               [](pki::certificate_request const& r) { return to_text(r.subject().to_string()); })
        .def("__repr__", [](pki::certificate_request const& r) {
            return to_text("<scepkit.CertificateRequest " + r.subject().to_string() + ">");
        });

    // Each call returns a new builder, as the builders of python3-cryptography do.
    auto with = [](builder const& b, auto change) {
        builder copy{b.inner.clone()};
        change(copy.inner);
        return copy;
    };
    py::class_<builder>(m, "CertificateRequestBuilder",
                        "Builds a request: CertificateRequestBuilder().subject('CN=x').dns('x.example').sign(key)")
        .def(py::init<>())
        .def(
            "subject",
            [with](builder const& b, std::string const& text) {
                auto name = value_or_raise(pki::name::parse(text));
                return with(b, [&](auto& i) { i.subject(std::move(name)); });
            },
            py::arg("name"))
        .def(
            "dns",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::dns(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("host"))
        .def(
            "email",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::rfc822(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("address"))
        .def(
            "uri",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::uri(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("uri"))
        .def(
            "ip",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::ip(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("address"))
        .def(
            "upn",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::upn(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("user_principal_name"))
        .def(
            "sid_uri",
            [with](builder const& b, std::string const& v) {
                auto n = value_or_raise(pki::general_name::sid_uri(v));
                return with(b, [&](auto& i) { i.add(std::move(n)); });
            },
            py::arg("sid"))
        .def(
            "sid", [with](builder const& b, std::string const& v) { return with(b, [&](auto& i) { i.sid(v); }); },
            py::arg("sid"))
        .def(
            "key_usage",
            [with](builder const& b, std::vector<std::string> const& names) {
                auto bits = pki::key_usage::none;
                for(auto const& n : names)
                    bits = bits | usage_of(n);
                return with(b, [&](auto& i) { i.usage(bits); });
            },
            py::arg("names"))
        .def(
            "extended_key_usage",
            [with](builder const& b, std::string const& dotted) {
                auto id = value_or_raise(asn1::oid::from_dotted(dotted));
                return with(b, [&](auto& i) { i.extended_usage(id); });
            },
            py::arg("oid"))
        .def(
            "challenge_password",
            [with](builder const& b, std::string const& v) {
                return with(b, [&](auto& i) { i.challenge_password(secret_bytes::from_text(v)); });
            },
            py::arg("password"))
        .def(
            "sign", [](builder const& b, pki::private_key const& key) { return value_or_raise(b.inner.sign(key)); },
            py::arg("key"))
        .def("__repr__", [](builder const&) { return "<scepkit.CertificateRequestBuilder>"; });
}

} // namespace

void add_pki(py::module_& m)
{
    add_keys(m);
    add_certificates(m);
    add_requests(m);
}

} // namespace scepkit::python
