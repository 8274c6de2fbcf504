// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/crypto_context.hpp>

#include <pki/detail/openssl.hpp>

#include <initializer_list>

namespace scepkit::inline v0::pki::detail {

/// HMAC-SHA-256 under one key, prepared once and used by many threads.
class mac_key
{
public:
    /// errc::crypto_failed. An empty key is a programming mistake.
    static result<mac_key> create(bytes_view key, crypto_context const& context = crypto_context::default_context());
    /// 32 bytes over all parts in a row. Thread-safe.
    result<bytes> compute(std::initializer_list<bytes_view> parts) const;

private:
    mac_key(crypto_context context, mac_ctx_ptr prepared) : context_(std::move(context)), prepared_(std::move(prepared))
    {
    }
    crypto_context context_;
    mac_ctx_ptr prepared_; ///< Copied for every use.
};

} // namespace scepkit::inline v0::pki::detail
