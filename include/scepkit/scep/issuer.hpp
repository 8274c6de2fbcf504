// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/pki/crl.hpp>
#include <scepkit/pki/request.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace scepkit::inline v0::scep {

/// The right to one certificate.
///
/// Only `responder` makes it, after the authorizer accepted and the ledger reserved it, bound to this transaction, key
/// and request; `issuer::issue` takes nothing else. Move-only: it is spent by issuing. After a crash between reserving
/// and recording the same grant is made again, with the same serial number and time: an issuer that is not this
/// process must know a serial number again and give the certificate it gave before.
class SCEPKIT_API grant
{
public:
    grant(grant&&) noexcept = default;
    grant& operator=(grant&&) noexcept = default;
    grant(grant const&) = delete;
    grant& operator=(grant const&) = delete;
    pki::certificate_request const& request() const& noexcept { return request_; }
    std::string const& transaction_id() const& noexcept { return transaction_id_; }
    /// Of the reservation: big-endian magnitude of 16 bytes, unique, unpredictable. What identifies this grant.
    bytes_view serial() const& noexcept { return serial_; }
    time_point now() const noexcept { return now_; } ///< Of the reservation.
    /// A renewal: the certificate whose successor this is; the request asks for its names, or for none.
    std::optional<pki::certificate> const& renewed() const& noexcept { return renewed_; }

private:
    friend class responder;
    grant(pki::certificate_request r, std::string id, bytes serial, time_point now,
          std::optional<pki::certificate> renewed)
        : request_(std::move(r)),
          transaction_id_(std::move(id)),
          serial_(std::move(serial)),
          now_(now),
          renewed_(std::move(renewed))
    {
    }
    pki::certificate_request request_;
    std::string transaction_id_;
    bytes serial_;
    time_point now_;
    std::optional<pki::certificate> renewed_;
};

/// Makes the certificate for a grant. Thread-safe.
///
/// An error of condition api_misuse, peer_misbehaved, peer_unsupported or refused says that nothing was issued and
/// nothing will be: the reservation is given back. After any other (a timeout, an unreachable CA) nobody knows, so the
/// reservation stays, and the same request later is the same grant.
class SCEPKIT_API issuer
{
public:
    virtual ~issuer();
    virtual result<pki::certificate> issue(grant right) = 0;
};

/// A function as an issuer.
SCEPKIT_API std::shared_ptr<issuer> make_issuer(std::function<result<pki::certificate>(grant)> function);

struct local_issuer_options {
    std::chrono::hours validity{24 * 365};
    std::chrono::minutes backdate{10};
};

/// A CA key: copies subject, SANs, key usage and EKU of the request under its own rules. The serial is the grant's, and
/// so is the time: a grant that is made again gets the same certificate, but for the randomness of its signature.
class SCEPKIT_API local_issuer final : public issuer
{
public:
    local_issuer(pki::certificate ca, pki::private_key key, local_issuer_options options = {});
    ~local_issuer() override;
    /// basicConstraints CA, certificate-signing usages and unknown critical extensions of a request are refused
    /// (errc::not_authorized, bad_request). A renewal without subjectAltNames keeps the old ones.
    result<pki::certificate> issue(grant right) override;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
