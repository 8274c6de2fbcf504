// SPDX-License-Identifier: BSL-1.0
#include "module.hpp"

#include <scepkit/net/client.hpp>
#include <scepkit/scep/enrollment.hpp>

namespace scepkit::python {
namespace {

std::vector<std::string> names_of(scep::quirk_set const& quirks)
{
    std::vector<std::string> names;
    for(auto q : quirks.list())
        names.emplace_back(cms::name_of(q));
    return names;
}

scep::ca_trust trust_of(std::optional<std::string> const& fingerprint, std::optional<py::bytes> const& pem,
                        bool first_use)
{
    if((fingerprint ? 1 : 0) + (pem ? 1 : 0) + (first_use ? 1 : 0) != 1)
        throw py::value_error("give exactly one of ca_fingerprint, ca_certificates, trust_on_first_use=True");
    if(fingerprint)
        return value_or_raise(scep::ca_trust::pinned_hex(*fingerprint));
    if(pem)
        return value_or_raise(scep::ca_trust::anchored(value_or_raise(pki::certificate::all_from_pem(view_of(*pem)))));
    return scep::ca_trust::trust_on_first_use();
}

[[noreturn]] void raise_rejected(scep::rejected const& r)
{
    std::string text = "the CA refused the request";
    if(r.fail_info)
        text += ": " + std::string(scep::name_of(*r.fail_info));
    if(r.microsoft_error)
        text += ", " + r.microsoft_error->to_string() + " " + std::string(r.microsoft_error->name());
    if(!r.fail_info_text.empty())
        text += ": " + r.fail_info_text;
    auto const type = py::module_::import("scepkit._errors").attr("RequestRejected");
    auto instance = type(to_text(escape_controls(text)));
    instance.attr("fail_info") = r.fail_info ? py::cast(std::string(scep::name_of(*r.fail_info))) : py::none();
    instance.attr("text") = to_text(r.fail_info_text);
    instance.attr("hresult") = r.microsoft_error ? py::cast(r.microsoft_error->value) : py::none();
    PyErr_SetObject(type.ptr(), instance.ptr());
    throw py::error_already_set();
}

std::variant<scep::issued, scep::pending> enroll(std::string const& url, pki::certificate_request const& request,
                                                 pki::private_key const& key,
                                                 std::optional<std::string> const& ca_fingerprint,
                                                 std::optional<py::bytes> const& ca_certificates,
                                                 bool trust_on_first_use, std::string const& profile,
                                                 std::optional<std::string> const& tls_ca_file, double timeout)
{
    auto trust = trust_of(ca_fingerprint, ca_certificates, trust_on_first_use);
    auto const server = value_or_raise(http::endpoint::parse(url));
    scep::enrollment_options options;
    options.profile = value_or_raise(scep::profile::named(profile));
    options.floor.allow_sha1 = options.profile.allows(scep::quirk::sha1_signature);
    options.floor.allow_single_des = options.profile.allows(scep::quirk::single_des);
    auto transaction =
        value_or_raise(scep::enrollment::create({.request = request, .key = key}, std::move(trust), options));
    net::client_options transport;
    transport.request_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
    transport.tls.ca_file = tls_ca_file;
    auto outcome = value_or_raise(interruptible([&](std::atomic<bool> const& cancel) {
        transport.cancel = &cancel;
        net::client client(transport);
        return client.run(transaction, server);
    }));
    if(auto* done = std::get_if<scep::issued>(&outcome))
        return std::move(*done);
    if(auto* wait = std::get_if<scep::pending>(&outcome))
        return std::move(*wait);
    if(auto* no = std::get_if<scep::rejected>(&outcome))
        raise_rejected(*no);
    raise(errc::state_misuse);
}

} // namespace

void add_enroll(py::module_& m)
{
    py::class_<scep::issued>(m, "Issued", "An authenticated SUCCESS, checked against the request.")
        .def_readonly("certificate", &scep::issued::certificate)
        .def_readonly("chain", &scep::issued::chain)
        .def_property_readonly("tolerances", [](scep::issued const& i) { return names_of(i.tolerances); })
        .def("__repr__", [](scep::issued const& i) {
            return to_text("<scepkit.Issued " + i.certificate.subject().to_string() + ">");
        });
    py::class_<scep::pending>(m, "Pending", "The CA wants a person to look at the request first.")
        .def_readonly("transaction_id", &scep::pending::transaction_id)
        .def_property_readonly("tolerances", [](scep::pending const& p) { return names_of(p.tolerances); })
        .def("__repr__", [](scep::pending const&) { return "<scepkit.Pending>"; });
    m.def("enroll", &enroll, py::arg("url"), py::kw_only(), py::arg("request"), py::arg("key"),
          py::arg("ca_fingerprint") = std::nullopt, py::arg("ca_certificates") = std::nullopt,
          py::arg("trust_on_first_use") = false, py::arg("profile") = "ndes", py::arg("tls_ca_file") = std::nullopt,
          py::arg("timeout") = 30.0, "Enrol once. Issued or Pending is returned; a refusal raises RequestRejected.");
}

} // namespace scepkit::python
