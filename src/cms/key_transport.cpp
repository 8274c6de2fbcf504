// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/key_transport.hpp>

#include <base/try.hpp>
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

} // namespace

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

} // namespace scepkit::inline v0::cms::detail
