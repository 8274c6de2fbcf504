// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/message.hpp>

#include <memory>

namespace scepkit::inline v0::scep::detail {

/// What opens the replies to one signer: its key, or the challenge of its request where the key only signs.
class reply_opener
{
public:
    /// `given`: the caller's decrypter, null where one is to be made of `key`. `challenge`: of the request, empty for
    /// none. errc::unsupported where no envelope that the profile takes can carry a reply to this key; what
    /// software_decrypter::create says of a key that cannot be read.
    static result<reply_opener> create(pki::private_key const& key, std::shared_ptr<pki::decrypter const> given,
                                       secret_bytes challenge, profile const& tolerances);

    /// errc::decryption_failed also where what comes out cannot be a reply's content.
    result<cms::opened> open(verified_message const& message, pki::certificate const& own, profile const& tolerances,
                             limits const& bounds) const;

private:
    reply_opener(std::shared_ptr<pki::decrypter const> d, secret_bytes c)
        : decrypter_(std::move(d)), challenge_(std::move(c))
    {
    }
    bool comes_by_password(verified_message const& message, profile const& tolerances, limits const& bounds) const;

    std::shared_ptr<pki::decrypter const> decrypter_; ///< Null: replies come under the challenge only.
    secret_bytes challenge_;                          ///< Empty: they come to the key only.
};

} // namespace scepkit::inline v0::scep::detail
