// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/private_key.hpp>

#include <functional>

namespace scepkit::inline v0::pki {

namespace detail {
class mac_key;
}

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
    /// ECDH for key agreement (private_key::agree); errc::unsupported unless overridden.
    virtual result<secret_bytes> agree(pki::public_key const& originator) const;
    /// ML-KEM (private_key::decapsulate); errc::unsupported unless overridden.
    virtual result<secret_bytes> decapsulate(bytes_view ciphertext) const;
};

/// A decrypter over a private key in memory or in an OpenSSL provider.
///
/// The secret of implicit rejection is derived from the private exponent where that can be read; a key in a token needs
/// one given, kept with the caller's state, so that a restart gives the same answers.
class SCEPKIT_API software_decrypter final : public decrypter
{
public:
    /// RSA, EC and ML-KEM keys; errc::key_not_allowed otherwise, for an RSA key whose exponent cannot be read, and for
    /// a key behind a `signer`.
    static result<std::shared_ptr<software_decrypter const>> create(private_key key);
    /// `rejection_secret`: 32 bytes or more (errc::invalid_argument). The same key and secret give the same answers,
    /// those of `make_decrypter` included.
    static result<std::shared_ptr<software_decrypter const>> create(private_key key, secret_bytes rejection_secret);
    result<secret_bytes> decrypt(key_transport transport, bytes_view encrypted_key,
                                 std::size_t content_key_size) const override;
    result<secret_bytes> agree(pki::public_key const& originator) const override;
    result<secret_bytes> decapsulate(bytes_view ciphertext) const override;

private:
    software_decrypter(private_key key, std::shared_ptr<detail::mac_key const> rejection);
    private_key key_;
    std::shared_ptr<detail::mac_key const> rejection_; ///< Null where the key is not RSA.
};

/// The private RSA operation of a key elsewhere, without padding: as many bytes out as the modulus has (CKM_RSA_X_509,
/// RSA_NO_PADDING). Thread-safe.
using raw_rsa = std::function<result<secret_bytes>(bytes_view ciphertext)>;
/// A decrypter around it that does the padding itself, v1.5 and OAEP, and so rejects implicitly whatever the device
/// does. `rejection_secret` as for software_decrypter. What `operation` returns as an error is returned as it is;
/// errc::key_not_allowed for a key that is not RSA.
SCEPKIT_API result<std::shared_ptr<decrypter const>> make_decrypter(pki::public_key key, raw_rsa operation,
                                                                    secret_bytes rejection_secret);

} // namespace scepkit::inline v0::pki
