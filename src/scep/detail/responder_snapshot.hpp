// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/responder.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace scepkit::inline v0::scep::detail {

/// A responder's options: checked, never changed again, with what can be made of them beforehand. Every message works
/// on the snapshot it began with.
struct responder_snapshot {
    responder_options options;
    bytes ca_certificates; ///< GetCACert
    std::string ca_certificates_type;
    bytes next_ca; ///< GetNextCACert: signed once, because anybody may ask for it.

    /// errc::invalid_argument
    static result<std::shared_ptr<responder_snapshot const>> make(responder_options options);

    pki::certificate const& issuing_ca() const noexcept { return options.ca_chain.front(); }
    /// Whether it is one that the responder itself works with: CA, RA, recipient.
    bool is_own(pki::certificate const& c) const;
    random_source& random() const;
    void trace(std::string_view name, std::string detail) const;
};

/// What one answer needs of the random source, drawn at once: a draw costs a microsecond, however small it is.
struct drawn_numbers {
    std::array<std::uint8_t, 16> sender_nonce;
    std::array<std::uint8_t, 16> serial; ///< Positive, without a leading zero.

    static result<drawn_numbers> draw(random_source& random);
};

/// One verified message on its way to an answer.
struct served_message {
    responder_snapshot const& with;
    verified_message const& message;
    time_point now;
    drawn_numbers const& drawn;
    quirk_set tolerances; ///< So far.

    profile const& tolerates() const noexcept { return with.options.profile; }
    pki::certificate const& signer() const noexcept { return message.signer(); }
};

} // namespace scepkit::inline v0::scep::detail
