// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>
#include <scepkit/pki/request.hpp>

#include <support/files.hpp>

#include <string>

namespace scepkit::inline v0::pki::test {

inline bytes vector(std::string const& path)
{
    return scepkit::test::read_bytes(scepkit::test::vector_path("pki/" + path));
}

/// Throws, and so fails the test, where the vector cannot be read by the library.
inline certificate cert(std::string const& name)
{
    return certificate::from_der(vector("certificates/" + name + ".der")).value();
}
inline certificate_request csr(std::string const& name)
{
    return certificate_request::from_der(vector("requests/" + name + ".der")).value();
}
inline private_key key(std::string const& name)
{
    return private_key::from_pem(vector("keys/" + name + ".pem")).value();
}
inline result<public_key> spki(std::string const& name)
{
    return public_key::from_spki(vector("keys/" + name + ".spki.der"));
}

/// 2026-06-01T00:00:00Z: inside the validity of what the vectors call valid.
inline time_point today() { return from_iso8601("2026-06-01T00:00:00Z").value(); }

/// The secret as hex; "(error)" never equals an expected one.
inline std::string hex_of(result<secret_bytes> const& r) { return r ? to_hex(r->view()) : "(error)"; }

/// The code of a failure, or errc{} for success.
template <class T>
errc code_of(result<T> const& r)
{
    return r ? errc{} : r.error().code();
}

} // namespace scepkit::inline v0::pki::test
