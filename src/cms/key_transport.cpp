// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/key_transport.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;

namespace {

result<pki::digest_algorithm> read_mgf(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    if(id != asn1::oids::mgf1)
        return errc::algorithm_not_allowed;
    SCEPKIT_TRY(auto digest, pki::read_digest_algorithm(algorithm));
    SCEPKIT_CHECK(algorithm.finish());
    return digest;
}

/// A label binds the key to something both sides know; this protocol has none, so it must be empty.
result<void> read_empty_label(asn1::reader& from)
{
    SCEPKIT_TRY(auto source, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, source.read_oid());
    SCEPKIT_TRY(auto label, source.read_octet_string());
    SCEPKIT_CHECK(source.finish());
    if(id != asn1::oids::p_specified || !label.empty())
        return errc::algorithm_not_allowed;
    return success();
}

/// RSAES-OAEP-params (RFC 4055, 4.1): SHA-1, MGF1 with SHA-1 and no label where nothing is said.
result<pki::key_transport> read_oaep(asn1::reader& parameters)
{
    pki::key_transport transport{.scheme = pki::key_transport::kind::rsa_oaep};
    SCEPKIT_TRY(auto hash, parameters.enter_optional(asn1::context_constructed(0)));
    if(hash) {
        SCEPKIT_TRY(transport.oaep_digest, pki::read_digest_algorithm(*hash));
        SCEPKIT_CHECK(hash->finish());
    }
    SCEPKIT_TRY(auto mgf, parameters.enter_optional(asn1::context_constructed(1)));
    if(mgf) {
        SCEPKIT_TRY(transport.mgf1_digest, read_mgf(*mgf));
        SCEPKIT_CHECK(mgf->finish());
    }
    SCEPKIT_TRY(auto source, parameters.enter_optional(asn1::context_constructed(2)));
    if(source) {
        SCEPKIT_CHECK(read_empty_label(*source));
        SCEPKIT_CHECK(source->finish());
    }
    SCEPKIT_CHECK(parameters.finish());
    // OAEP does not need a collision-resistant hash, but MD5 in it is nobody's message of this field.
    if(transport.oaep_digest == pki::digest_algorithm::md5 || transport.mgf1_digest == pki::digest_algorithm::md5)
        return errc::algorithm_not_allowed;
    return transport;
}

void write_explicit(asn1::writer& to, unsigned number, pki::digest_algorithm digest)
{
    to.constructed(asn1::context_constructed(number), [&] { pki::write_digest_algorithm(to, digest); });
}

struct transport_algorithm {
    std::optional<pki::key_transport> transport; ///< Absent: well formed, and refused here.
    bool empty_parameters = false;               ///< RSAES-OAEP with an empty SEQUENCE, or with none.
};

result<transport_algorithm> read_transport(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    transport_algorithm found;
    if(id == asn1::oids::rsa_encryption) {
        if(algorithm.at_end() || (algorithm.read_null() && algorithm.finish()))
            found.transport = pki::key_transport{.scheme = pki::key_transport::kind::rsa_v1_5};
        return found;
    }
    if(id != asn1::oids::rsaes_oaep)
        return found;
    if(algorithm.at_end()) {
        found.empty_parameters = true;
        found.transport = pki::key_transport{.scheme = pki::key_transport::kind::rsa_oaep};
        return found;
    }
    auto parameters = algorithm.enter(tag::sequence);
    if(!parameters || !algorithm.finish())
        return found;
    found.empty_parameters = parameters->at_end();
    if(auto oaep = read_oaep(*parameters))
        found.transport = *oaep;
    return found;
}

void write_transport(asn1::writer& to, pki::key_transport const& transport, bool empty_parameters)
{
    if(transport.scheme == pki::key_transport::kind::rsa_v1_5) {
        to.algorithm(asn1::oids::rsa_encryption, true);
        return;
    }
    to.sequence([&] {
        to.oid(asn1::oids::rsaes_oaep);
        to.sequence([&] {
            if(empty_parameters)
                return;
            // The defaults are written out too: readers exist that do not know what absent means.
            write_explicit(to, 0, transport.oaep_digest);
            to.constructed(asn1::context_constructed(1), [&] {
                to.sequence([&] {
                    to.oid(asn1::oids::mgf1);
                    pki::write_digest_algorithm(to, transport.mgf1_digest);
                });
            });
        });
    });
}

} // namespace

result<recipient> read_key_transport(asn1::reader& from, limits const& bounds)
{
    recipient r;
    r.type = recipient::kind::key_transport;
    SCEPKIT_TRY(auto info, from.enter(tag::sequence));
    auto const version_offset = info.offset();
    SCEPKIT_TRY(auto version, info.read_small_integer());
    // 0 with issuer and serial, 2 with a key identifier; a client that mixes them exists, and nothing depends on it.
    if(version != 0 && version != 2)
        return failure(errc::bad_value, "A KeyTransRecipientInfo of version " + std::to_string(version) + ".",
                       version_offset, "RFC 5652, 6.2.1");
    SCEPKIT_TRY(r.identifier, read_identifier(info, bounds));
    SCEPKIT_TRY(auto algorithm, read_transport(info));
    r.transport = algorithm.transport;
    r.oaep_empty_parameters = algorithm.empty_parameters;
    SCEPKIT_TRY(auto encrypted_key, info.read_octet_string());
    SCEPKIT_CHECK(info.finish());
    r.encrypted_key = to_bytes(encrypted_key);
    return r;
}

result<void> check_key_transport(recipient const& entry, quirk_set allowed, quirk_set& noted)
{
    if(!entry.transport)
        return failure(errc::algorithm_not_allowed, "The content key is encrypted with an algorithm that is not read.");
    if(entry.transport->scheme == pki::key_transport::kind::rsa_v1_5)
        return success();
    SCEPKIT_CHECK(
        tolerate(quirk::oaep_key_transport, allowed, noted,
                 failure(errc::algorithm_not_allowed,
                         "The content key is encrypted with RSAES-OAEP, which this profile does not accept.")));
    if(entry.oaep_empty_parameters)
        return tolerate(quirk::oaep_empty_parameters, allowed, noted,
                        failure(errc::algorithm_not_allowed,
                                "RSAES-OAEP without parameters, which this profile does not accept.", {},
                                "RFC 4055, 4.1"));
    return success();
}

result<void> check_key_transport(seal_options const& options)
{
    auto const defaults = pki::key_transport{.scheme = pki::key_transport::kind::rsa_oaep};
    if(options.oaep_empty_parameters && options.transport != defaults)
        return failure(errc::invalid_argument, "Empty RSAES-OAEP parameters mean SHA-1 and MGF1 with SHA-1.", {},
                       "RFC 4055, 4.1");
    return success();
}

result<bytes> seal_key_transport(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                                 bytes_view content_key)
{
    SCEPKIT_TRY(auto encrypted_key, key.encrypt(options.transport, content_key));
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(0);
            write_issuer_and_serial(w, to);
            write_transport(w, options.transport, options.oaep_empty_parameters);
            w.octet_string(encrypted_key);
        });
    });
}

} // namespace scepkit::inline v0::cms::detail
