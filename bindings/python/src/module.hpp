// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/base/time.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

namespace scepkit::python {

namespace py = pybind11;

void add_errors(py::module_& m);
void add_pki(py::module_& m);
void add_diagnosis(py::module_& m);
void add_enroll(py::module_& m);
void add_simulator(py::module_& m);

/// Raises the Python exception that fits the error's condition.
[[noreturn]] void raise(error const& e);

/// The value, or the exception.
template <class T>
T value_or_raise(result<T> r)
{
    if(!r)
        raise(r.error());
    if constexpr(!std::is_void_v<T>)
        return *std::move(r);
}

inline py::bytes to_python(bytes_view data) { return {reinterpret_cast<char const*>(data.data()), data.size()}; }
inline bytes_view view_of(py::bytes const& data) { return as_bytes(std::string_view(data)); }
/// An aware datetime in UTC.
py::object to_datetime(time_point t);
/// Text that may hold any bytes; what is not UTF-8 becomes U+FFFD.
py::str to_text(std::string_view text);

/// Runs `work(cancel)` on a thread of its own without the GIL and looks for Python signals meanwhile, so that Ctrl-C
/// works.
template <class Work>
auto interruptible(Work work)
{
    std::atomic<bool> cancel{false};
    auto future = std::async(std::launch::async, [&] { return work(cancel); });
    bool interrupted = false;
    while(true) {
        {
            py::gil_scoped_release const release;
            if(future.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready)
                break;
        }
        if(!interrupted && PyErr_CheckSignals() != 0) {
            interrupted = true;
            cancel = true;
        }
    }
    if(interrupted)
        throw py::error_already_set();
    return future.get();
}

} // namespace scepkit::python
