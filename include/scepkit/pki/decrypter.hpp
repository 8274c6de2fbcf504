// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/private_key.hpp>

namespace scepkit::inline v0::pki {

/// Opens content keys. An interface, so that the key can be in an HSM.
///
/// For RSA v1.5 an implementation must reject implicitly: whatever the padding, it returns a key of
/// `content_key_size` bytes: the one inside, or one derived from the private key and the ciphertext, the same
/// for the same bytes every time, restarts included (draft-irtf-cfrg-rsa-guidance). An error is for faults of
/// the machine only, never for what is inside. So an answer tells nothing about the padding.
/// OAEP is answered in the same way, so that both schemes fail alike: at the content, later.
class SCEPKIT_API decrypter
{
public:
    virtual ~decrypter();
    virtual result<secret_bytes> decrypt(key_transport transport, bytes_view encrypted_key,
                                         std::size_t content_key_size) const = 0;
};

/// A decrypter over a private key in memory; its rejection secret is derived from the key.
class SCEPKIT_API software_decrypter final : public decrypter
{
public:
    /// errc::key_not_allowed unless RSA.
    static result<std::shared_ptr<software_decrypter const>> create(private_key key);
    result<secret_bytes> decrypt(key_transport transport, bytes_view encrypted_key,
                                 std::size_t content_key_size) const override;

private:
    software_decrypter(private_key key, secret_bytes rejection_secret);
    private_key key_;
    secret_bytes rejection_secret_;
};

} // namespace scepkit::inline v0::pki
