// SPDX-License-Identifier: BSL-1.0
#include "module.hpp"

#include <scepkit/simulator/ndes.hpp>

namespace scepkit::python {
namespace {

simulator::ndes start(std::string const& product, std::vector<std::string> const& faults, std::string const& iis_log,
                      std::string const& state, bool tls, std::string const& host,
                      std::optional<std::vector<std::string>> const& challenges)
{
    simulator::ndes_options options;
    auto const known = simulator::product_from_name(product);
    if(!known)
        throw py::value_error("product is 'ndes' or 'ndes-intune'");
    options.product = *known;
    options.faults.insert(faults.begin(), faults.end());
    options.iis_log = iis_log;
    options.state_folder = state;
    options.tls = tls;
    options.host = host;
    options.challenges = challenges;
    return value_or_raise(interruptible([&](auto&) { return simulator::ndes::start(std::move(options)); }));
}

void stop(simulator::ndes& s)
{
    py::gil_scoped_release const release;
    s.stop();
}

} // namespace

void add_simulator(py::module_& m)
{
    py::class_<simulator::ndes>(m, "Simulator", "An NDES on loopback, with switchable faults; a context manager.")
        .def(py::init(&start), py::kw_only(), py::arg("product") = "ndes",
             py::arg("faults") = std::vector<std::string>{}, py::arg("iis_log") = "", py::arg("state") = "",
             py::arg("tls") = false, py::arg("host") = "", py::arg("challenges") = std::nullopt)
        .def_property_readonly("url", &simulator::ndes::url)
        .def_property_readonly("challenge", &simulator::ndes::challenge)
        .def_property_readonly("ca", &simulator::ndes::ca)
        .def("stop", &stop)
        .def("__enter__", [](py::object self) { return self; })
        .def("__exit__", [](simulator::ndes& s, py::args const&) { stop(s); })
        .def("__repr__", [](simulator::ndes const& s) { return "<scepkit.Simulator " + s.url() + ">"; });
    m.def(
        "simulator_faults",
        [] {
            std::vector<std::string> ids;
            for(auto const& f : simulator::all_faults())
                ids.emplace_back(f.id);
            return ids;
        },
        "Every fault the simulator can show, named by the finding it causes.");
}

} // namespace scepkit::python
