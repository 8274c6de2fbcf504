// SPDX-License-Identifier: BSL-1.0
#include "module.hpp"

namespace scepkit::python {
namespace {

py::object exception_class(char const* name) { return py::module_::import("scepkit._errors").attr(name); }

char const* class_of(condition c)
{
    switch(c) {
    case condition::peer_misbehaved: return "PeerError";
    case condition::peer_unsupported: return "UnsupportedError";
    case condition::not_trusted: return "TrustError";
    case condition::transport: return "TransportError";
    case condition::limit_exceeded: return "LimitError";
    case condition::refused: return "RefusedError";
    case condition::environment: return "EnvironmentFault";
    case condition::api_misuse: break;
    }
    return "MisuseError";
}

} // namespace

void raise(error const& e)
{
    auto const& d = e.details();
    auto const type = exception_class(class_of(e.condition()));
    auto instance = type(to_text(e.to_string()));
    instance.attr("code") = std::string(name_of(e.code()));
    instance.attr("diagnostic") = to_text(d.message);
    instance.attr("layer") = to_text(d.layer);
    instance.attr("offset") = d.offset;
    instance.attr("line") = d.line;
    instance.attr("index") = d.index;
    instance.attr("http_status") = d.http_status;
    PyErr_SetObject(type.ptr(), instance.ptr());
    throw py::error_already_set();
}

void add_errors(py::module_& m)
{
    std::vector<std::string> codes;
    for(auto code : all_errc())
        codes.emplace_back(name_of(code));
    m.def(
        "error_codes", [codes] { return codes; }, "Every value that ScepError.code can have.");
}

} // namespace scepkit::python
