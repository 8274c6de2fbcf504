// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>
#include <scepkit/base/limits.hpp>
#include <scepkit/cms/enveloped_data.hpp>
#include <scepkit/scep/profile.hpp>

#include <string>
#include <vector>

namespace scepkit::inline v0::scep {

/// What a server says it can do (RFC 8894, 3.5.2). Unknown words are kept and ignored; case is ignored.
struct SCEPKIT_API capabilities {
    bool aes = false;
    bool des3 = false;
    bool get_next_ca_cert = false;
    bool post_pki_operation = false;
    bool renewal = false;
    bool sha1 = false;
    bool sha256 = false;
    bool sha512 = false;
    bool scep_standard = false; ///< Implies AES, POSTPKIOperation and SHA-256.
    std::vector<std::string> unknown;

    /// Any bytes are an answer: an empty body means "none". HTML is errc::html_instead_of_scep, a body beyond the
    /// limits errc::too_large or too_many.
    static result<capabilities> parse(bytes_view body, limits const& bounds = {});
    std::string to_text() const; ///< One word a line, LF.

    bool supports_aes() const noexcept { return aes || scep_standard; }
    bool supports_post() const noexcept { return post_pki_operation || scep_standard; }
    bool supports_sha256() const noexcept { return sha256 || scep_standard; }
};

/// The least a client goes down to, whatever the list says (an attacker can shorten it).
struct capability_floor {
    bool allow_sha1 = false;
    bool allow_triple_des = true;
    bool allow_single_des = false;
    bool require_scep_standard = false;
};

struct negotiated {
    pki::digest_algorithm digest = pki::digest_algorithm::sha256;
    cms::content_cipher cipher = cms::content_cipher::aes128_cbc;
    bool use_post = true;
};
/// The strongest both sides have: SHA-256 before SHA-512 (more servers read it) before SHA-1; AES before 3DES.
/// NDES takes AES although it does not list it, but answers it with OAEP: with 3DES listed, 3DES is used.
/// errc::capability_floor if nothing above the floor is left.
SCEPKIT_API result<negotiated> negotiate(capabilities const& offered, capability_floor const& floor);

} // namespace scepkit::inline v0::scep
