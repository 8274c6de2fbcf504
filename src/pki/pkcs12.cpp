// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/pkcs12.hpp>

#include <scepkit/asn1/normalise.hpp>
#include <scepkit/asn1/oids.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/pbe.hpp>

#include <gsl/gsl>
#include <openssl/pkcs12.h>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

constexpr asn1::oid key_bag{"1.2.840.113549.1.12.10.1.1"};
constexpr asn1::oid shrouded_key_bag{"1.2.840.113549.1.12.10.1.2"};
constexpr asn1::oid certificate_bag{"1.2.840.113549.1.12.10.1.3"};
constexpr asn1::oid nested_bag{"1.2.840.113549.1.12.10.1.6"};
constexpr asn1::oid x509_certificate{"1.2.840.113549.1.9.22.1"};
constexpr std::size_t maximum_passphrase = 1024;

// Reads RFC 7292's structures with our own reader; of OpenSSL's PKCS#12 only the key derivation and the ciphers are
// used, so that nothing recurses (safe contents inside safe contents are refused) and no work is done that was not
// counted. Every layer may be BER (Java, NSS), and is normalised by itself: the MAC goes over the octets as they stood.
class pkcs12_reader
{
public:
    pkcs12_reader(secret_bytes const& passphrase, limits const& bounds, crypto_context const& context)
        : bounds_(bounds), context_(context), passphrase_(detail::view_of(passphrase))
    {
    }

    result<void> read(bytes_view file);
    result<pkcs12> take();

private:
    result<void> read_outer(bytes_view der);
    result<void> check_mac(asn1::reader from, bytes_view content);
    result<bool> mac_matches(digest_algorithm digest, bytes_view salt, int iterations, bytes_view content,
                             bytes_view expected) const;
    result<void> read_authenticated_safe(bytes_view content);
    result<void> read_encrypted_data(asn1::reader from);
    result<void> read_safe_contents(bytes_view content);
    result<void> read_bag(asn1::reader bag);
    result<void> read_certificate(asn1::reader from);
    result<void> read_key(private_key key);
    result<void> spend(std::int64_t iterations);

    limits const& bounds_;
    crypto_context const& context_;
    detail::passphrase_view passphrase_;
    std::int64_t spent_ = 0;
    std::optional<private_key> key_;
    std::vector<certificate> certificates_;
};

result<void> pkcs12_reader::spend(std::int64_t iterations)
{
    spent_ += iterations; // Each is bounded by a million.
    if(spent_ > detail::maximum_iterations)
        return detail::fail(errc::too_large, "a PKCS#12 file that asks for more than " +
                                                 std::to_string(detail::maximum_iterations) + " iterations");
    return success();
}

// The content of a ContentInfo of type data; CVE-2024-0727 was about one without content.
result<bytes_view> read_data(asn1::reader& content_info)
{
    SCEPKIT_TRY(auto wrapper, content_info.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(content_info.finish());
    SCEPKIT_TRY(auto const octets, wrapper.read_octet_string());
    SCEPKIT_CHECK(wrapper.finish());
    return octets;
}

result<void> pkcs12_reader::read(bytes_view file)
{
    if(file.size() > bounds_.message_size)
        return detail::fail(errc::too_large, "a PKCS#12 file of " + std::to_string(file.size()) + " bytes");
    SCEPKIT_TRY(auto const der, asn1::normalise_ber(file, bounds_));
    return read_outer(der.der);
}

result<void> pkcs12_reader::read_outer(bytes_view der)
{
    asn1::reader input(der, bounds_);
    SCEPKIT_TRY(auto outer, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    SCEPKIT_TRY(auto const version, outer.read_small_integer());
    if(version != 3)
        return outer.fail(errc::bad_key, "a PKCS#12 file of another version than 3");
    SCEPKIT_TRY(auto content_info, outer.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const type, content_info.read_oid());
    if(type == oids::signed_data)
        return content_info.fail(errc::unsupported, "a PKCS#12 file under a signature instead of a passphrase");
    if(type != oids::data)
        return content_info.fail(errc::bad_key, "a PKCS#12 file without data");
    SCEPKIT_TRY(auto const content, read_data(content_info));
    SCEPKIT_TRY(auto mac, outer.enter_optional(asn1::tag::sequence));
    SCEPKIT_CHECK(outer.finish());
    if(!mac)
        return detail::fail(errc::bad_key, "a PKCS#12 file without a MAC: nobody knows who wrote it");
    SCEPKIT_CHECK(check_mac(*mac, content));
    return read_authenticated_safe(content);
}

result<bool> pkcs12_reader::mac_matches(digest_algorithm digest, bytes_view salt, int iterations, bytes_view content,
                                        bytes_view expected) const
{
    auto const* const md = context_.handles().digest(digest);
    if(md == nullptr)
        return detail::fail(errc::unsupported, "no provider offers " + std::string(name_of(digest)));
    auto salt_copy = to_bytes(salt); // OpenSSL takes it as non-const.
    secret_bytes key(size_of(digest));
    if(PKCS12_key_gen_utf8_ex(passphrase_.text, passphrase_.size, salt_copy.data(), gsl::narrow<int>(salt_copy.size()),
                              PKCS12_MAC_ID, iterations, gsl::narrow<int>(key.size()), key.data(), md,
                              context_.handles().library.get(), context_.handles().query()) != 1)
        return detail::crypto_error(errc::unsupported, "OpenSSL cannot derive the key of this MAC");
    SCEPKIT_TRY(auto const mac, context_.hmac(digest, key.view(), content));
    return equal_constant_time(mac, expected);
}

result<void> pkcs12_reader::check_mac(asn1::reader from, bytes_view content)
{
    SCEPKIT_TRY(auto info, from.enter(asn1::tag::sequence));
    auto const digest = read_digest_algorithm(info);
    if(!digest || *digest == digest_algorithm::md5)
        return info.fail(errc::unsupported, "a MAC by an algorithm that is not known here (PBMAC1, most likely)");
    SCEPKIT_TRY(auto const expected, info.read_octet_string());
    SCEPKIT_CHECK(info.finish());
    SCEPKIT_TRY(auto const salt, detail::read_salt(from));
    std::int64_t iterations = 1;
    if(!from.at_end()) {
        SCEPKIT_TRY(iterations, detail::read_iteration_count(from));
    }
    SCEPKIT_CHECK(from.finish());
    SCEPKIT_CHECK(spend(iterations));

    auto const count = gsl::narrow<int>(iterations);
    SCEPKIT_TRY(auto matches, mac_matches(*digest, salt, count, content, expected));
    if(!matches && passphrase_.size == 0) {
        // Some take an empty passphrase for none: two zero bytes of BMPString less.
        SCEPKIT_CHECK(spend(iterations));
        passphrase_.text = nullptr;
        SCEPKIT_TRY(matches, mac_matches(*digest, salt, count, content, expected));
    }
    if(!matches)
        return detail::fail(errc::bad_key, "the MAC does not match: a wrong passphrase, or a changed file");
    return success();
}

result<void> pkcs12_reader::read_authenticated_safe(bytes_view content)
{
    SCEPKIT_TRY(auto const der, asn1::normalise_ber(content, bounds_));
    asn1::reader input(der.der, bounds_);
    SCEPKIT_TRY(auto list, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    for(std::size_t count = 0; !list.at_end(); ++count) {
        if(count == bounds_.recipients)
            return list.fail(errc::too_many, "too many parts in a PKCS#12 file");
        SCEPKIT_TRY(auto part, list.enter(asn1::tag::sequence));
        SCEPKIT_TRY(auto const type, part.read_oid());
        if(type == oids::data) {
            SCEPKIT_TRY(auto const inside, read_data(part));
            SCEPKIT_CHECK(read_safe_contents(inside));
        } else if(type == oids::encrypted_data) {
            SCEPKIT_CHECK(read_encrypted_data(part));
        } else
            return part.fail(errc::unsupported, "a part of the kind " + type.to_dotted() + " in a PKCS#12 file");
    }
    return success();
}

// EncryptedData (RFC 5652, 8).
result<void> pkcs12_reader::read_encrypted_data(asn1::reader from)
{
    SCEPKIT_TRY(auto wrapper, from.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(from.finish());
    SCEPKIT_TRY(auto data, wrapper.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(wrapper.finish());
    SCEPKIT_CHECK(data.read_small_integer());
    SCEPKIT_TRY(auto info, data.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const type, info.read_oid());
    if(type != oids::data)
        return info.fail(errc::bad_value, "encrypted data of a kind other than data");
    auto bounded = info;
    SCEPKIT_TRY(auto const iterations, detail::read_pbe_iterations(bounded));
    SCEPKIT_CHECK(spend(iterations));
    SCEPKIT_TRY(auto const algorithm, info.read(asn1::tag::sequence));
    bytes joined;
    if(info.next_is(asn1::context_constructed(0))) {
        SCEPKIT_TRY(auto pieces, info.enter(asn1::context_constructed(0)));
        while(!pieces.at_end()) {
            SCEPKIT_TRY(auto const piece, pieces.read_octet_string());
            joined.insert(joined.end(), piece.begin(), piece.end());
        }
    } else {
        SCEPKIT_TRY(auto const whole, info.read(asn1::context(0)));
        joined = to_bytes(whole.content);
    }
    SCEPKIT_CHECK(info.finish());
    SCEPKIT_TRY(auto const plain, detail::decrypt_content(algorithm.encoded, joined, passphrase_, context_));
    return read_safe_contents(plain.view());
}

result<void> pkcs12_reader::read_safe_contents(bytes_view content)
{
    SCEPKIT_TRY(auto der, asn1::normalise_ber(content, bounds_));
    secret_bytes const wiped(std::move(der.der)); // A keyBag holds the key as it is.
    asn1::reader input(wiped.view(), bounds_);
    SCEPKIT_TRY(auto list, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    for(std::size_t count = 0; !list.at_end(); ++count) {
        if(count > bounds_.certificates)
            return list.fail(errc::too_many, "too many bags in a PKCS#12 file");
        SCEPKIT_TRY(auto const bag, list.enter(asn1::tag::sequence));
        SCEPKIT_CHECK(read_bag(bag));
    }
    return success();
}

result<void> pkcs12_reader::read_bag(asn1::reader bag)
{
    SCEPKIT_TRY(auto const type, bag.read_oid());
    SCEPKIT_TRY(auto value, bag.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(bag.read_optional(asn1::tag::set)); // Friendly names and key ids: the public key says what belongs.
    SCEPKIT_CHECK(bag.finish());
    if(type == certificate_bag)
        return read_certificate(value);
    if(type == nested_bag)
        return value.fail(errc::unsupported, "safe contents inside safe contents");
    if(type != key_bag && type != shrouded_key_bag)
        return success(); // Revocation lists and secrets.
    SCEPKIT_TRY(auto const encoded, value.read(asn1::tag::sequence));
    SCEPKIT_CHECK(value.finish());
    if(type == key_bag) {
        SCEPKIT_TRY(auto key, private_key::from_pkcs8(encoded.encoded, context_));
        return read_key(std::move(key));
    }
    SCEPKIT_TRY(auto encrypted, value.inside(encoded));
    SCEPKIT_TRY(auto const iterations, detail::read_pbe_iterations(encrypted));
    SCEPKIT_CHECK(spend(iterations));
    SCEPKIT_TRY(auto key, detail::decrypt_private_key(encoded.encoded, passphrase_, context_));
    return read_key(std::move(key));
}

result<void> pkcs12_reader::read_key(private_key key)
{
    if(key_)
        return detail::fail(errc::unsupported, "a PKCS#12 file with several private keys");
    key_ = std::move(key);
    return success();
}

result<void> pkcs12_reader::read_certificate(asn1::reader from)
{
    SCEPKIT_TRY(auto bag, from.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(from.finish());
    SCEPKIT_TRY(auto const type, bag.read_oid());
    SCEPKIT_TRY(auto wrapper, bag.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(bag.finish());
    if(type != x509_certificate)
        return success();
    SCEPKIT_TRY(auto const der, wrapper.read_octet_string());
    SCEPKIT_CHECK(wrapper.finish());
    if(certificates_.size() == bounds_.certificates)
        return wrapper.fail(errc::too_many, "too many certificates in a PKCS#12 file");
    auto one = certificate::from_der(der, bounds_, context_);
    if(!one) {
        auto details = one.error().details();
        details.index = certificates_.size();
        return error(one.error().code(), std::move(details));
    }
    certificates_.push_back(std::move(*one));
    return success();
}

// Not by the encoding: a certificate may leave out the NULL of its rsaEncryption.
bool is_same_key(public_key const& a, public_key const& b) noexcept
{
    auto const& x = a.native();
    auto const& y = b.native();
    return x.kind == y.kind && equal(x.modulus, y.modulus) && equal(x.exponent, y.exponent) && equal(x.point, y.point);
}

result<pkcs12> pkcs12_reader::take()
{
    if(!key_)
        return detail::fail(errc::bad_key, "a PKCS#12 file without a private key");
    auto const own = std::ranges::find_if(
        certificates_, [&](certificate const& c) { return c.key() && is_same_key(*c.key(), key_->public_key()); });
    if(own == certificates_.end())
        return detail::fail(errc::bad_certificate, "a PKCS#12 file without the certificate of its key");
    auto mine = *own;
    certificates_.erase(own);
    return pkcs12{std::move(*key_), std::move(mine), std::move(certificates_)};
}

} // namespace

result<pkcs12> pkcs12::read(bytes_view file, secret_bytes const& passphrase, limits const& bounds,
                            crypto_context const& context)
{
    if(passphrase.size() > maximum_passphrase)
        return detail::fail(errc::invalid_argument,
                            "a passphrase of more than " + std::to_string(maximum_passphrase) + " bytes");
    detail::queue_guard const guard;
    pkcs12_reader reader(passphrase, bounds, context);
    if(auto const done = reader.read(file); !done) {
        auto const code = done.error().code();
        bool const as_it_is =
            code == errc::unsupported || code == errc::key_not_allowed || code == errc::bad_certificate;
        return as_it_is ? done.error() : detail::recode(done.error(), errc::bad_key);
    }
    return reader.take();
}

} // namespace scepkit::inline v0::pki
