// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/cms/enveloped_data.hpp>
#include <scepkit/cms/signed_data.hpp>

#include <support/der_tree.hpp>
#include <support/files.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <string>

/// The identities of tests/vectors/cms, and what the tests of this room do with them.
namespace scepkit::inline v0::cms::test {

using scepkit::test::der_node;

struct person {
    pki::certificate certificate;
    pki::private_key key;
};
/// "rsa", "other", "twin", "ec", "ec384", "ec521".
person load_person(std::string const& name);
/// Also "weak", whose 1024-bit key this library does not load.
pki::certificate certificate_of(std::string const& name);
person const& rsa();
person const& other();
person const& twin(); ///< The issuer and serial of `rsa`, another key.
person const& ec();

bytes vector(std::string const& name); ///< tests/vectors/cms/<name>
bytes content();                       ///< What the vectors sign and encrypt.

quirk_set everything();
quirk_set everything_but(quirk q);

/// The code of a result's error; errc{} for success.
template <class T>
errc code_of(result<T> const& r)
{
    return r ? errc{} : r.error().code();
}

/// Bytes that count up: the same in every run.
class counting_random final : public random_source
{
public:
    result<void> fill(std::span<std::uint8_t> out) override
    {
        for(auto& b : out)
            b = next_++;
        return success();
    }

private:
    std::uint8_t next_ = 1;
};

/// A SignedData by `by` with its content.
bytes signed_by(person const& by, std::optional<bytes_view> what, std::vector<attribute> attributes = {});
/// A person with a fresh key of a kind that signs nothing, certified by `rsa`.
person make_person(pki::key_kind kind);

/// Parsed and opened.
result<opened> open_with(person const& by, bytes_view message, quirk_set allowed);
result<opened> open_with(std::string_view password, bytes_view message, quirk_set allowed,
                         std::uint32_t most_iterations = 1'000'000);

/// A key of its own, so that what it does can be counted.
struct counted {
    explicit counted(std::string const& name = "rsa") : who(load_person(name)) {}

    person who;
    std::shared_ptr<pki::software_decrypter const> decrypter = pki::software_decrypter::create(who.key).value();
    std::uint64_t before = who.key.operations().decryptions;

    std::uint64_t decryptions() const { return who.key.operations().decryptions - before; }
    errc open(bytes_view message, quirk_set allowed = everything()) const;
};
/// The parts of an envelope without originatorInfo.
der_node& recipients_of(der_node& message);
der_node& content_info_of(der_node& message);
/// A vector after `change`.
bytes with(std::string const& name, std::function<void(der_node&)> const& change);

/// Parsed and verified with the message's own certificates.
result<verified_signed_data> verify(bytes_view message, quirk_set allowed = everything(),
                                    std::span<pki::certificate const> others = {});

/// The parts of a SignedData of one signer with certificates and content.
der_node& encapsulated_of(der_node& message);
der_node& signer_of(der_node& message);
der_node& attributes_of(der_node& message);
/// Signs the attributes as they now are, so that nothing but the change can be the reason of a refusal.
void sign_again(der_node& message, person const& by);
/// `signed_by` after `change`, signed again.
bytes changed(person const& by, std::function<void(der_node&)> const& change);
/// The attribute of this type among `attributes_of`.
der_node& find_attribute(der_node& message, asn1::oid const& type);

der_node primitive(std::uint8_t tag, bytes_view content);

} // namespace scepkit::inline v0::cms::test
