// SPDX-License-Identifier: BSL-1.0
#include "module.hpp"

#include <scepkit/cli/tools.hpp>

#include <iostream>

namespace scepkit::python {

py::object to_datetime(time_point t)
{
    auto const datetime = py::module_::import("datetime");
    auto const utc = datetime.attr("timezone").attr("utc");
    return datetime.attr("datetime").attr("fromtimestamp")(t.time_since_epoch().count(), utc);
}

py::str to_text(std::string_view text)
{
    auto* const decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
    if(decoded == nullptr)
        throw py::error_already_set();
    return py::reinterpret_steal<py::str>(decoded);
}

namespace {

int run_tool(std::string const& name, std::vector<std::string> const& arguments)
{
    int (*tool)(std::vector<std::string> const&, cli::streams const&) = nullptr;
    if(name == "doctor")
        tool = cli::ndes_doctor;
    else if(name == "simulator")
        tool = cli::ndes_simulator;
    else if(name == "responder")
        tool = cli::scep_responder;
    else if(name == "enroll")
        tool = cli::scep_enroll;
    else
        throw py::value_error("no such tool: doctor, simulator, responder, enroll");
    return interruptible([&](std::atomic<bool> const& stop) {
        return tool(arguments, {std::cin, std::cout, std::cerr, stop});
    });
}

} // namespace

PYBIND11_MODULE(_scepkit, m)
{
    m.doc() = "The compiled part of scepkit; import scepkit instead.";
    m.attr("__version__") = SCEPKIT_VERSION;
    add_errors(m);
    add_pki(m);
    add_diagnosis(m);
    add_enroll(m);
    add_simulator(m);
    m.def("run_tool", &run_tool, py::arg("name"), py::arg("arguments"),
          "Run one of the command-line tools; the value is its exit code.");
}

} // namespace scepkit::python
