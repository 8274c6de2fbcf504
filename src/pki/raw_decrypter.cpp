// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/decrypter.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/rsa_padding.hpp>

namespace scepkit::inline v0::pki {
namespace {

class raw_decrypter final : public decrypter
{
public:
    raw_decrypter(pki::public_key key, raw_rsa operation, detail::mac_key rejection)
        : key_(std::move(key)), operation_(std::move(operation)), rejection_(std::move(rejection))
    {
    }

    result<secret_bytes> decrypt(key_transport transport, bytes_view encrypted_key,
                                 std::size_t content_key_size) const override
    {
        auto const& context = key_.native().context;
        auto const modulus = key_.native().modulus;
        if(content_key_size == 0 || content_key_size > modulus.size() - 11)
            return detail::fail(errc::invalid_argument, "no RSA key carries a content key of that size");
        SCEPKIT_TRY(auto out, detail::rejection_key(rejection_, encrypted_key, content_key_size));
        if(!detail::is_in_range(encrypted_key, modulus))
            return out;
        SCEPKIT_TRY(auto const block, operation_(encrypted_key));
        if(block.size() != modulus.size())
            return detail::fail(errc::crypto_failed, "a raw RSA operation gave " + std::to_string(block.size()) +
                                                         " bytes; the modulus has " + std::to_string(modulus.size()));
        if(transport.scheme == key_transport::kind::rsa_v1_5)
            detail::open_v1_5(block.view(), out);
        else
            SCEPKIT_CHECK(detail::open_oaep(context, transport, block.view(), out));
        return out;
    }

private:
    pki::public_key key_;
    raw_rsa operation_;
    detail::mac_key rejection_;
};

} // namespace

result<std::shared_ptr<decrypter const>> make_decrypter(pki::public_key key, raw_rsa operation,
                                                        secret_bytes rejection_secret)
{
    if(!key.is_rsa())
        return detail::fail(errc::key_not_allowed, "raw RSA needs an RSA key");
    if(!operation)
        return detail::fail(errc::invalid_argument, "no raw RSA operation");
    SCEPKIT_TRY(auto bound, detail::bind_rejection_secret(key.native().context, key, rejection_secret));
    return std::shared_ptr<decrypter const>(
        std::make_shared<raw_decrypter const>(std::move(key), std::move(operation), std::move(bound)));
}

} // namespace scepkit::inline v0::pki
