// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/server.hpp>
#include <scepkit/scep/responder.hpp>

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::simulator {

enum class product {
    ndes,        ///< Plain: the bare URL shows a page.
    ndes_intune, ///< With the Intune policy module: the bare URL answers 403.
};
SCEPKIT_API std::optional<product> product_from_name(std::string_view name) noexcept; ///< "ndes", "ndes-intune"
SCEPKIT_API std::string_view name_of(product p) noexcept;

/// A fault that can be switched on, named by the finding it causes.
struct fault {
    std::string_view id;
    std::string_view what; ///< One line for --list-faults.
};
SCEPKIT_API std::span<fault const> all_faults();

struct ndes_options {
    simulator::product product = product::ndes;
    std::set<std::string, std::less<>> faults; ///< Ids; unknown ones are errc::invalid_argument.
    net::listen_address listen;
    bool tls = false;
    std::string host; ///< Name in the URL and the TLS certificate; empty: the address.
    std::optional<std::vector<std::string>>
        challenges;           ///< Absent: one is made (see `challenge()`); empty: all are refused.
    std::string iis_log;      ///< File that IIS would have written; empty: none.
    std::string state_folder; ///< Keys and certificates are kept here; empty: in memory.
    unsigned threads = 2;
    std::optional<time_point> now; ///< Fixed clock for tests; absent: the system's.
    observer* trace = nullptr;
};

/// An NDES on IIS 10, as far as it can be seen from the network and in its log.
class SCEPKIT_API ndes
{
public:
    static result<ndes> start(ndes_options options);
    ndes(ndes&&) noexcept;
    ndes& operator=(ndes&&) noexcept;
    ~ndes();

    /// URL of the SCEP endpoint an administrator would put into a profile; with url-missing-mscep-dll the short one.
    std::string const& url() const noexcept;
    std::uint16_t port() const noexcept;
    std::string const& challenge() const noexcept; ///< One that is accepted; empty if all are refused.
    pki::certificate const& ca() const noexcept;
    pki::certificate const& ra_signing() const noexcept;
    pki::certificate const& ra_encryption() const noexcept;
    std::optional<pki::certificate> tls_ca() const;
    void stop();

private:
    struct state;
    explicit ndes(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

/// Certificates and keys of a small test PKI, made once and kept in a folder (0600 for keys): ca.pem, ra-sign.pem,
/// ra-encrypt.pem, tls-ca.pem, tls.pem and *.key beside them. Used by the simulator and by scep-responder.
struct state_options {
    std::string folder;             ///< Empty: nothing is stored.
    std::string host = "localhost"; ///< For the TLS certificate.
    bool with_ra = true;
    time_point now;
    pki::key_kind ca_key = pki::key_kind::rsa; ///< Of a CA that is made.
    std::size_t ca_rsa_bits = 2048;
    bool with_next_ca = false; ///< ca-next.pem, of the same name and another key.
};
struct pki_state {
    scep::identity ca;
    std::optional<scep::identity> ra_signing;
    std::optional<scep::identity> ra_encryption;
    scep::identity tls_ca;
    scep::identity tls;
    std::optional<scep::identity> next_ca;
};
SCEPKIT_API result<pki_state> load_or_make_state(state_options const& options);
/// The challenge kept in the file `challenge` (0600) of that folder; made where there is none. Empty folder: made, not
/// kept.
SCEPKIT_API result<std::string> load_or_make_challenge(std::string const& folder);

} // namespace scepkit::inline v0::simulator
