// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/enveloped_data.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/key_transport.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

/// The one entry for `own`. Everything that is decided here is decided before a key is touched.
result<recipient const*> find_own(enveloped_data const& envelope, pki::certificate const& own)
{
    recipient const* found = nullptr;
    for(auto const& r : envelope.recipients()) {
        // Other kinds of entry beside ours are how oracles are built, and no message of this protocol has them.
        if(r.type != recipient::kind::key_transport)
            return failure(errc::recipient_unsupported,
                           "The envelope has an entry that is not RSA key transport (key agreement, password …).", {},
                           "RFC 5652, 6.2");
        if(!r.identifier.names(own))
            continue;
        if(found != nullptr)
            return failure(errc::several_recipients, "Two entries of the envelope are for one certificate.");
        found = &r;
    }
    if(found == nullptr)
        return failure(errc::no_recipient, "The envelope is not for " + certificate_identifier::of(own).to_string() +
                                               ", but for " + envelope.recipients().front().identifier.to_string() +
                                               ".");
    return found;
}

result<void> check_transport(recipient const& r, quirk_set allowed, quirk_set& tolerances)
{
    if(!r.transport)
        return failure(errc::algorithm_not_allowed, "The content key is encrypted with an algorithm that is not read.");
    if(r.transport->scheme == pki::key_transport::kind::rsa_v1_5)
        return success();
    SCEPKIT_CHECK(
        detail::tolerate(quirk::oaep_key_transport, allowed, tolerances,
                         failure(errc::algorithm_not_allowed,
                                 "The content key is encrypted with RSAES-OAEP, which this profile does not accept.")));
    if(r.oaep_empty_parameters)
        return detail::tolerate(quirk::oaep_empty_parameters, allowed, tolerances,
                                failure(errc::algorithm_not_allowed,
                                        "RSAES-OAEP without parameters, which this profile does not accept.", {},
                                        "RFC 4055, 4.1"));
    return success();
}

bytes encode_recipient(pki::certificate const& to, seal_options const& options, bytes_view encrypted_key)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(0);
            detail::write_issuer_and_serial(w, to);
            detail::write_transport(w, options.transport, options.oaep_empty_parameters);
            w.octet_string(encrypted_key);
        });
    });
}

result<void> check(std::span<pki::certificate const> recipients, seal_options const& options)
{
    if(recipients.empty())
        return failure(errc::invalid_argument, "An envelope needs a recipient.");
    auto const defaults = pki::key_transport{.scheme = pki::key_transport::kind::rsa_oaep};
    if(options.oaep_empty_parameters && options.transport != defaults)
        return failure(errc::invalid_argument, "Empty RSAES-OAEP parameters mean SHA-1 and MGF1 with SHA-1.", {},
                       "RFC 4055, 4.1");
    return success();
}

} // namespace

result<opened> open(enveloped_data const& envelope, pki::certificate const& own, pki::decrypter const& key,
                    quirk_set allowed, pki::crypto_context const& context)
{
    opened result_so_far{
        .content = {}, .cipher = envelope.cipher(), .by = {}, .transport = {}, .tolerances = envelope.tolerances()};
    SCEPKIT_TRY(auto entry, find_own(envelope, own));
    SCEPKIT_CHECK(check_transport(*entry, allowed, result_so_far.tolerances));
    result_so_far.transport = *entry->transport;

    // From here on one error, whatever happens: who sent the envelope learns nothing from how it failed.
    auto content_key = key.decrypt(*entry->transport, entry->encrypted_key, key_size_of(envelope.cipher()));
    if(!content_key)
        return detail::decryption_failure();
    SCEPKIT_TRY(result_so_far.content, detail::decrypt_cbc(context, envelope.cipher(), content_key->view(),
                                                           envelope.iv(), envelope.encrypted_content()));
    return result_so_far;
}

result<bytes> seal(bytes_view content, std::span<pki::certificate const> recipients, seal_options const& options,
                   random_source& random, pki::crypto_context const& context)
{
    SCEPKIT_CHECK(check(recipients, options));
    secret_bytes content_key(key_size_of(options.cipher));
    SCEPKIT_CHECK(random.fill({content_key.data(), content_key.size()}));
    bytes iv(block_size_of(options.cipher));
    SCEPKIT_CHECK(random.fill(iv));

    std::vector<bytes> entries;
    for(auto const& r : recipients) {
        SCEPKIT_TRY(auto public_key, r.key());
        SCEPKIT_TRY(auto encrypted_key, public_key.encrypt(options.transport, content_key.view()));
        entries.push_back(encode_recipient(r, options, encrypted_key));
    }
    SCEPKIT_TRY(auto encrypted, detail::encrypt_cbc(context, options.cipher, content_key.view(), iv, content));

    asn1::writer w;
    w.sequence([&] {
        w.oid(asn1::oids::enveloped_data);
        w.constructed(asn1::context_constructed(0), [&] {
            w.sequence([&] {
                w.integer(0);
                w.set_of(std::move(entries));
                w.sequence([&] {
                    w.oid(asn1::oids::data);
                    w.sequence([&] {
                        w.oid(detail::oid_of(options.cipher));
                        w.octet_string(iv);
                    });
                    w.primitive(asn1::context(0), encrypted);
                });
            });
        });
    });
    return std::move(w).take();
}

} // namespace scepkit::inline v0::cms
