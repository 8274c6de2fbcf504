// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/enveloped_data.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/kem.hpp>
#include <cms/detail/key_agreement.hpp>
#include <cms/detail/key_transport.hpp>
#include <cms/detail/password.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms {

using detail::failure;

namespace {

/// The kind of entry that fits a key; nothing for keys that only sign.
std::optional<recipient::kind> kind_for(pki::key_kind k) noexcept
{
    if(k == pki::key_kind::rsa)
        return recipient::kind::key_transport;
    if(pki::is_ec(k))
        return recipient::kind::key_agreement;
    if(pki::is_ml_kem(k))
        return recipient::kind::kem;
    return std::nullopt;
}

error cannot_receive(pki::public_key const& key)
{
    return failure(errc::key_not_allowed,
                   "A " + std::string(pki::name_of(key.kind())) + " key cannot receive an envelope.");
}

/// The one entry for `own`. Everything that is decided here is decided before a key is touched.
result<recipient const*> find_own(enveloped_data const& envelope, pki::certificate const& own, recipient::kind kind)
{
    // Other kinds of entry beside ours are how oracles are built, and no message of this protocol has them.
    if(std::ranges::any_of(envelope.recipients(), [&](recipient const& r) { return r.type != kind; }))
        return failure(errc::recipient_unsupported,
                       "The envelope has an entry of a kind that does not fit the recipient's key.", {},
                       "RFC 5652, 6.2");
    recipient const* found = nullptr;
    for(auto const& r : envelope.recipients()) {
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

result<secret_bytes> decrypt(enveloped_data const& envelope, bytes_view content_key, pki::crypto_context const& context)
{
    if(is_authenticated(envelope.cipher()))
        return detail::decrypt_gcm(context, envelope.cipher(), content_key, envelope.iv(),
                                   envelope.authenticated_attributes(), envelope.encrypted_content(), envelope.tag());
    return detail::decrypt_cbc(context, envelope.cipher(), content_key, envelope.iv(), envelope.encrypted_content());
}

/// What every way of opening ends with. One error, whatever happened: who sent the envelope learns nothing from how it
/// failed.
result<opened> finish(enveloped_data const& envelope, result<secret_bytes> const& content_key, opened so_far,
                      pki::crypto_context const& context)
{
    if(!content_key)
        return detail::decryption_failure();
    SCEPKIT_TRY(so_far.content, decrypt(envelope, content_key->view(), context));
    return so_far;
}

opened start(enveloped_data const& envelope, recipient::kind by)
{
    return {.content = {}, .cipher = envelope.cipher(), .by = by, .transport = {}, .tolerances = envelope.tolerances()};
}

/// Key and IV of a new envelope.
struct fresh {
    secret_bytes content_key;
    bytes iv;
};

result<fresh> draw(content_cipher cipher, random_source& random)
{
    auto const key_size = key_size_of(cipher);
    secret_bytes drawn(key_size + detail::iv_size_of(cipher));
    SCEPKIT_CHECK(random.fill({drawn.data(), drawn.size()}));
    return fresh{.content_key = secret_bytes(drawn.view().first(key_size)),
                 .iv = to_bytes(drawn.view().subspan(key_size))};
}

result<bytes> seal_for(pki::certificate const& to, seal_options const& options, bytes_view content_key,
                       pki::crypto_context const& context)
{
    SCEPKIT_TRY(auto key, to.key());
    auto const kind = kind_for(key.kind());
    if(!kind)
        return cannot_receive(key);
    switch(*kind) {
    case recipient::kind::key_agreement: return detail::seal_key_agreement(to, key, options, content_key, context);
    case recipient::kind::kem: return detail::seal_kem(to, key, options, content_key, context);
    default: return detail::seal_key_transport(to, key, options, content_key);
    }
}

/// RFC 5652, 6.1: 3 with a password or another recipient, 2 with a key agreement, 0 with key transport by issuer and
/// serial alone. The tag tells the kind.
int version_for(std::vector<bytes> const& entries)
{
    int version = 0;
    for(auto const& e : entries) {
        auto const tag = static_cast<asn1::tag>(e.front());
        if(tag == asn1::context_constructed(3) || tag == asn1::context_constructed(4))
            return 3;
        if(tag == asn1::context_constructed(1))
            version = 2;
    }
    return version;
}

/// Recipients, and everything of an envelope that is not content.
std::size_t room_for(std::vector<bytes> const& entries)
{
    std::size_t room = 256;
    for(auto const& entry : entries)
        room += entry.size();
    return room;
}

result<bytes> write_enveloped(bytes_view content, std::vector<bytes> entries, content_cipher cipher, fresh const& drawn,
                              pki::crypto_context const& context)
{
    SCEPKIT_TRY(auto encrypted, detail::encrypt_cbc(context, cipher, drawn.content_key.view(), drawn.iv, content));
    asn1::writer w(encrypted.size() + room_for(entries));
    w.sequence([&] {
        w.oid(asn1::oids::enveloped_data);
        w.constructed(asn1::context_constructed(0), [&] {
            w.sequence([&] {
                w.integer(version_for(entries));
                w.set_of(std::move(entries));
                w.sequence([&] {
                    w.oid(asn1::oids::data);
                    w.sequence([&] {
                        w.oid(detail::oid_of(cipher));
                        w.octet_string(drawn.iv);
                    });
                    w.primitive(asn1::context(0), encrypted);
                });
            });
        });
    });
    return std::move(w).take();
}

/// RFC 5083 and 5084. No attributes: content of type id-data needs none.
result<bytes> write_authenticated(bytes_view content, std::vector<bytes> entries, content_cipher cipher,
                                  fresh const& drawn, pki::crypto_context const& context)
{
    SCEPKIT_TRY(auto made, detail::encrypt_gcm(context, cipher, drawn.content_key.view(), drawn.iv, {}, content));
    asn1::writer w(made.encrypted.size() + room_for(entries));
    w.sequence([&] {
        w.oid(asn1::oids::auth_enveloped_data);
        w.constructed(asn1::context_constructed(0), [&] {
            w.sequence([&] {
                w.integer(0);
                w.set_of(std::move(entries));
                w.sequence([&] {
                    w.oid(asn1::oids::data);
                    w.sequence([&] {
                        w.oid(detail::oid_of(cipher));
                        w.sequence([&] {
                            w.octet_string(drawn.iv);
                            w.integer(static_cast<std::int64_t>(detail::full_tag));
                        });
                    });
                    w.primitive(asn1::context(0), made.encrypted);
                });
                w.octet_string(made.tag);
            });
        });
    });
    return std::move(w).take();
}

result<bytes> write(bytes_view content, std::vector<bytes> entries, content_cipher cipher, fresh const& drawn,
                    pki::crypto_context const& context)
{
    if(is_authenticated(cipher))
        return write_authenticated(content, std::move(entries), cipher, drawn, context);
    return write_enveloped(content, std::move(entries), cipher, drawn, context);
}

} // namespace

result<opened> open(enveloped_data const& envelope, pki::certificate const& own, pki::decrypter const& key,
                    quirk_set allowed, pki::crypto_context const& context)
{
    SCEPKIT_TRY(auto own_key, own.key());
    auto const kind = kind_for(own_key.kind());
    if(!kind)
        return cannot_receive(own_key);
    auto so_far = start(envelope, *kind);
    SCEPKIT_TRY(auto entry, find_own(envelope, own, *kind));
    auto const size = key_size_of(envelope.cipher());

    // First the policy of the kind, then its key.
    switch(*kind) {
    case recipient::kind::key_agreement: {
        SCEPKIT_TRY(auto originator, detail::check_key_agreement(*entry, own_key, allowed, so_far.tolerances));
        return finish(envelope, detail::open_key_agreement(*entry, originator, key, size, context), std::move(so_far),
                      context);
    }
    case recipient::kind::kem:
        SCEPKIT_CHECK(detail::check_kem(*entry, own_key, allowed, so_far.tolerances));
        return finish(envelope, detail::open_kem(*entry, key, size, context), std::move(so_far), context);
    default:
        SCEPKIT_CHECK(detail::check_key_transport(*entry, allowed, so_far.tolerances));
        so_far.transport = *entry->transport;
        return finish(envelope, key.decrypt(*entry->transport, entry->encrypted_key, size), std::move(so_far), context);
    }
}

result<opened> open_with_password(enveloped_data const& envelope, secret_bytes const& password, quirk_set allowed,
                                  std::uint32_t most_iterations, pki::crypto_context const& context)
{
    if(password.empty())
        return failure(errc::invalid_argument, "An envelope is not opened with an empty password.");
    auto const& entries = envelope.recipients();
    if(std::ranges::any_of(entries, [](recipient const& r) { return r.type != recipient::kind::password; }))
        return failure(errc::recipient_unsupported, "The envelope has an entry that is not for a password.", {},
                       "RFC 5652, 6.2");
    // Each would cost a derivation, and which one was meant nobody says.
    if(entries.size() != 1)
        return failure(errc::several_recipients, "The envelope has several password entries.");
    auto so_far = start(envelope, recipient::kind::password);
    SCEPKIT_CHECK(detail::check_password(entries.front(), most_iterations, allowed, so_far.tolerances));
    return finish(envelope,
                  detail::open_password(entries.front(), password.view(), key_size_of(envelope.cipher()), context),
                  std::move(so_far), context);
}

result<bytes> seal(bytes_view content, std::span<pki::certificate const> recipients, seal_options const& options,
                   random_source& random, pki::crypto_context const& context)
{
    if(recipients.empty())
        return failure(errc::invalid_argument, "An envelope needs a recipient.");
    SCEPKIT_CHECK(detail::check_key_transport(options));
    SCEPKIT_TRY(auto drawn, draw(options.cipher, random));
    std::vector<bytes> entries;
    for(auto const& r : recipients) {
        SCEPKIT_TRY(auto entry, seal_for(r, options, drawn.content_key.view(), context));
        entries.push_back(std::move(entry));
    }
    return write(content, std::move(entries), options.cipher, drawn, context);
}

result<bytes> seal_with_password(bytes_view content, secret_bytes const& password, seal_options const& options,
                                 random_source& random, pki::crypto_context const& context)
{
    if(password.empty() || options.password_iterations == 0)
        return failure(errc::invalid_argument, "A password envelope needs a password and at least one iteration.");
    SCEPKIT_TRY(auto drawn, draw(options.cipher, random));
    SCEPKIT_TRY(auto entry, detail::seal_password(password.view(), options, drawn.content_key.view(), random, context));
    std::vector<bytes> entries;
    entries.push_back(std::move(entry));
    return write(content, std::move(entries), options.cipher, drawn, context);
}

} // namespace scepkit::inline v0::cms
