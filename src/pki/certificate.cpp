// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/certificate.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/pem.hpp>
#include <pki/detail/signed_structure.hpp>

#include <algorithm>
#include <mutex>
#include <new>

namespace scepkit::inline v0::pki {

namespace oids = asn1::oids;

struct certificate::data {
    data(bytes_view encoded, crypto_context library) : der(to_bytes(encoded)), context(std::move(library)) {}

    result<void> parse(limits const& bounds);
    result<void> parse_tbs(asn1::reader from, limits const& bounds);
    result<void> parse_validity(asn1::reader& from);
    bytes_view fingerprint() const;

    bytes der;
    crypto_context context;
    int version = 1;
    name subject, issuer;
    time_point not_before{}, not_after{};
    result<public_key> key{errc::bad_key};
    extension_set extensions;
    detail::signed_structure outside; // Into `der`.
    // Into `der`.
    bytes_view serial, spki;

private:
    mutable std::mutex hashing_; // A once_flag costs a call into the kernel for every certificate.
    mutable bytes fingerprint_;
};

result<void> certificate::data::parse_validity(asn1::reader& from)
{
    SCEPKIT_TRY(auto validity, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(not_before, validity.read_time());
    SCEPKIT_TRY(not_after, validity.read_time());
    return validity.finish();
}

// RFC 5280, 4.1.
result<void> certificate::data::parse_tbs(asn1::reader from, limits const& bounds)
{
    SCEPKIT_TRY(auto marked, from.enter_optional(asn1::context_constructed(0)));
    if(marked) {
        SCEPKIT_TRY(auto const number, marked->read_small_integer());
        if(number != 1 && number != 2)
            return marked->fail(errc::bad_value, "an X.509 version other than 2 or 3 written out");
        SCEPKIT_CHECK(marked->finish());
        version = static_cast<int>(number) + 1;
    }
    SCEPKIT_TRY(serial, from.read_integer());
    auto const inner_offset = from.offset();
    SCEPKIT_TRY(auto const inner, from.read(asn1::tag::sequence));
    if(!equal(inner.encoded, outside.algorithm_der))
        return detail::fail(errc::bad_certificate, "two different signature algorithms", inner_offset);
    SCEPKIT_TRY(issuer, name::read(from, bounds));
    SCEPKIT_CHECK(parse_validity(from));
    SCEPKIT_TRY(subject, name::read(from, bounds));
    auto const spki_offset = from.offset();
    SCEPKIT_TRY(auto const key_info, from.read(asn1::tag::sequence));
    spki = key_info.encoded;
    if(version >= 2) {
        SCEPKIT_CHECK(from.read_optional(asn1::context(1))); // issuerUniqueID
        SCEPKIT_CHECK(from.read_optional(asn1::context(2))); // subjectUniqueID
    }
    if(version == 3) {
        SCEPKIT_TRY(auto wrapper, from.enter_optional(asn1::context_constructed(3)));
        if(wrapper) {
            SCEPKIT_TRY(auto list, wrapper->enter(asn1::tag::sequence));
            SCEPKIT_CHECK(wrapper->finish());
            SCEPKIT_TRY(extensions, extension_set::read(list, bounds));
        }
    }
    SCEPKIT_CHECK(from.finish());
    key = public_key::from_spki(spki, bounds, context);
    if(!key)
        key = key.error().at(spki_offset);
    return success();
}

result<void> certificate::data::parse(limits const& bounds)
{
    SCEPKIT_TRY(outside, detail::read_signed(der, bounds));
    return parse_tbs(outside.inside, bounds);
}

bytes_view certificate::data::fingerprint() const
{
    std::lock_guard const lock(hashing_);
    if(fingerprint_.empty()) {
        auto hash = context.digest(digest_algorithm::sha256, der);
        if(!hash) // Every context has SHA-256: it is memory that is missing.
            throw std::bad_alloc();
        fingerprint_ = *std::move(hash);
    }
    return fingerprint_;
}

result<certificate> certificate::from_der(bytes_view der, limits const& bounds, crypto_context const& context)
{
    if(der.size() > bounds.message_size)
        return detail::fail(errc::too_large, "a certificate of " + std::to_string(der.size()) + " bytes");
    auto made = std::make_shared<data>(der, context);
    if(auto const parsed = made->parse(bounds); !parsed)
        return detail::recode(parsed.error(), errc::bad_certificate);
    return certificate(std::move(made));
}

result<std::vector<certificate>> certificate::all_from_pem(bytes_view pem, limits const& bounds)
{
    SCEPKIT_TRY(auto const blocks, detail::find_pem_blocks(pem));
    std::vector<certificate> out;
    for(auto const& block : blocks) {
        if(block.label != "CERTIFICATE" && block.label != "X509 CERTIFICATE")
            continue;
        SCEPKIT_TRY(auto const der, detail::decode_pem(block));
        auto one = from_der(der, bounds);
        if(!one) {
            auto details = one.error().details();
            details.line = block.line;
            details.index = out.size();
            return error(one.error().code(), std::move(details));
        }
        out.push_back(std::move(*one));
    }
    if(out.empty())
        return detail::fail(errc::bad_pem, "no CERTIFICATE block");
    return out;
}

result<certificate> certificate::from_pem(bytes_view pem, limits const& bounds)
{
    SCEPKIT_TRY(auto const blocks, detail::find_pem_blocks(pem));
    for(auto const& block : blocks)
        if(block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") {
            SCEPKIT_TRY(auto const der, detail::decode_pem(block));
            return from_der(der, bounds);
        }
    return detail::fail(errc::bad_pem, "no CERTIFICATE block");
}

bytes_view certificate::der() const& noexcept { return data_->der; }
std::string certificate::to_pem() const { return detail::encode_pem("CERTIFICATE", data_->der); }
int certificate::version() const noexcept { return data_->version; }
bytes_view certificate::serial() const& noexcept { return data_->serial; }
name const& certificate::subject() const& noexcept { return data_->subject; }
name const& certificate::issuer() const& noexcept { return data_->issuer; }
time_point certificate::not_before() const noexcept { return data_->not_before; }
time_point certificate::not_after() const noexcept { return data_->not_after; }
bytes_view certificate::spki() const& noexcept { return data_->spki; }
result<public_key> const& certificate::key() const& noexcept { return data_->key; }
extension_set const& certificate::extensions() const& noexcept { return data_->extensions; }
bytes_view certificate::signature_algorithm_der() const& noexcept { return data_->outside.algorithm_der; }
bytes_view certificate::tbs() const& noexcept { return data_->outside.body; }
bytes_view certificate::signature() const& noexcept { return data_->outside.signature; }
bytes_view certificate::sha256() const& { return data_->fingerprint(); }

signature_algorithm const* certificate::signed_with() const& noexcept
{
    return data_->outside.algorithm ? &*data_->outside.algorithm : nullptr;
}

bool certificate::is_ca() const noexcept
{
    auto const& constraints = data_->extensions.basic_constraints;
    return constraints && constraints->ca;
}

bool certificate::allows(key_usage bits) const noexcept
{
    auto const& usage = data_->extensions.key_usage;
    return !usage || has(*usage, bits);
}

bool certificate::has_extended_key_usage(asn1::oid const& id) const noexcept
{
    auto const& usages = data_->extensions.extended_key_usage;
    return usages && std::ranges::find(*usages, id) != usages->end();
}

result<void> certificate::verify_signature(public_key const& issuer_key) const
{
    auto const* const with = signed_with();
    if(with == nullptr || (!with->digest && with->scheme != signature_scheme::ml_dsa) ||
       with->digest == digest_algorithm::md5)
        return detail::fail(errc::algorithm_not_allowed,
                            "the certificate is signed with an algorithm that is unknown or broken");
    return issuer_key.verify(*with, tbs(), signature());
}

bool certificate::is_issued_by(certificate const& ca) const
{
    if(issuer() != ca.subject() || !ca.key())
        return false;
    auto const& wanted = extensions().authority_key_id;
    auto const& offered = ca.extensions().subject_key_id;
    if(wanted && offered && *wanted != *offered)
        return false;
    return verify_signature(*ca.key()).has_value();
}

} // namespace scepkit::inline v0::pki
