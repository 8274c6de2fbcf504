// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_record.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr auto request_cipher = cms::content_cipher::aes256_gcm;
constexpr std::size_t nonce_size = 12;

error invalid(char const* message)
{
    return {errc::invalid_argument, diagnostics{.message = message, .layer = "ledger"}};
}

error bad(char const* message) { return {errc::bad_value, diagnostics{.message = message, .layer = "ledger"}}; }

/// A body taken apart; nothing is decrypted and no certificate is read.
struct fields {
    ledger_stage stage{};
    std::int64_t at = 0;
    scep::message_type message_type{};
    bytes_view transaction_id;
    bytes_view owner;
    bytes_view request_digest;
    bool is_renewal = false;
    quirk_set tolerances;
    std::array<bytes_view, 6> optional; ///< By tag number.
};
enum optional_field : unsigned { spends, serial, request, signer, certificate, frees };

result<quirk_set> read_tolerances(asn1::reader& from)
{
    SCEPKIT_TRY(auto names, from.enter(asn1::tag::sequence));
    quirk_set out;
    while(!names.at_end()) {
        SCEPKIT_TRY(auto const name, names.read(asn1::tag::utf8_string));
        auto const known = cms::quirk_from_name(as_text(name.content));
        if(!known)
            return bad("an entry names a tolerance that this version does not know");
        if(out.contains(*known))
            return bad("an entry names a tolerance twice");
        out.insert(*known);
    }
    return out;
}

result<fields> read_fields(bytes_view body)
{
    asn1::reader whole(body);
    SCEPKIT_TRY(auto in, whole.enter(asn1::tag::sequence));
    fields out;
    SCEPKIT_TRY(auto const stage, in.read_small_integer());
    if(stage < 0 || stage > static_cast<std::int64_t>(ledger_stage::released))
        return bad("an entry is in a stage that this version does not know");
    out.stage = static_cast<ledger_stage>(stage);
    SCEPKIT_TRY(out.at, in.read_small_integer());
    SCEPKIT_TRY(auto const type, in.read_small_integer());
    if(!(type == 3 || (type >= 17 && type <= 22)))
        return bad("an entry has a message type that this version does not know");
    out.message_type = static_cast<scep::message_type>(type);
    SCEPKIT_TRY(out.transaction_id, in.read_octet_string());
    SCEPKIT_TRY(out.owner, in.read_octet_string());
    SCEPKIT_TRY(out.request_digest, in.read_octet_string());
    SCEPKIT_TRY(out.is_renewal, in.read_boolean());
    SCEPKIT_TRY(out.tolerances, read_tolerances(in));
    for(unsigned i = 0; i != out.optional.size(); ++i) {
        SCEPKIT_TRY(auto const field, in.read_optional(asn1::context(i)));
        if(!field)
            continue;
        if(field->content.empty())
            return bad("an entry has an empty field");
        out.optional[i] = field->content;
    }
    SCEPKIT_CHECK(in.finish());
    SCEPKIT_CHECK(whole.finish());
    return out;
}

bool may_free(fields const& read)
{
    auto const hash = read.optional[frees];
    return hash.empty() || (hash.size() == spends_size && read.stage == ledger_stage::released);
}

/// tbsCertificate.serialNumber, without reading the rest.
result<bytes_view> serial_of(bytes_view der)
{
    asn1::reader whole(der);
    SCEPKIT_TRY(auto outer, whole.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto tbs, outer.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(tbs.read_optional(asn1::context_constructed(0)));
    return tbs.read_integer();
}

} // namespace

ledger_entry without_request(ledger_entry const& from, ledger_stage next, time_point at)
{
    ledger_entry out;
    out.stage = next;
    out.transaction_id = from.transaction_id;
    out.message_type = from.message_type;
    out.owner = from.owner;
    out.request_digest = from.request_digest;
    out.is_renewal = from.is_renewal;
    out.tolerances = from.tolerances;
    out.spends = from.spends;
    out.serial = from.serial;
    out.at = at;
    return out;
}

ledger_entry clone(ledger_entry const& entry)
{
    auto out = without_request(entry, entry.stage, entry.at);
    out.request = entry.request.clone();
    out.signer = entry.signer;
    out.certificate = entry.certificate;
    return out;
}

result<void> check_entry(ledger_entry const& entry)
{
    using stage = ledger_stage;
    if(entry.transaction_id.empty())
        return invalid("an entry needs a transactionID");
    if(!entry.spends.empty() && entry.spends.size() != spends_size)
        return invalid("what an entry spends is named by an HMAC-SHA-256");
    if(is_spending(entry.stage) && entry.serial.empty())
        return invalid("a serial number belongs to an entry from its reservation on");
    if(entry.certificate.has_value() != (entry.stage == stage::issued))
        return invalid("issued entries have a certificate, and only they");
    return success();
}

bool is_same_reservation(ledger_entry const& known, ledger_entry const& next) noexcept
{
    return known.stage == ledger_stage::reserved && known.serial == next.serial && known.spends == next.spends;
}

error already_spent(std::string const& transaction_id)
{
    return {errc::already_spent,
            diagnostics{.message = "what transaction " + transaction_id + " wants to spend was spent before",
                        .layer = "ledger"}};
}

result<bytes> entry_codec::encode(ledger_entry const& entry, bytes_view freed, random_source& random) const
{
    bytes sealed;
    if(!entry.request.empty()) {
        sealed.reserve(nonce_size + entry.request.size() + cms::detail::full_tag);
        sealed.resize(nonce_size);
        SCEPKIT_CHECK(random.fill(sealed));
        SCEPKIT_TRY(auto const made, cms::detail::encrypt_gcm(pki::crypto_context::default_context(), request_cipher,
                                                              request_key_.view(), sealed,
                                                              as_bytes(entry.transaction_id), entry.request.view()));
        sealed.insert(sealed.end(), made.encrypted.begin(), made.encrypted.end());
        sealed.insert(sealed.end(), made.tag.begin(), made.tag.end());
    }
    auto const write = [](asn1::writer& out, optional_field field, bytes_view content) {
        if(!content.empty())
            out.primitive(asn1::context(field), content);
    };
    constexpr std::size_t small_fields = 512;
    auto const room = small_fields + entry.transaction_id.size() + sealed.size() + entry.signer.size() +
                      (entry.certificate ? entry.certificate->der().size() : 0);
    return asn1::encode(
        [&](asn1::writer& out) {
            out.sequence([&] {
                out.integer(static_cast<std::int64_t>(entry.stage));
                out.integer(entry.at.time_since_epoch().count());
                out.integer(static_cast<std::int64_t>(entry.message_type));
                out.octet_string(as_bytes(entry.transaction_id));
                out.octet_string(entry.owner);
                out.octet_string(entry.request_digest);
                out.boolean(entry.is_renewal);
                out.sequence([&] {
                    // By name: numbers of an enumeration that grows do not live as long as a file.
                    for(auto const q : entry.tolerances.list())
                        out.string(asn1::tag::utf8_string, cms::name_of(q));
                });
                write(out, spends, entry.spends);
                write(out, serial, entry.serial);
                write(out, request, sealed);
                write(out, signer, entry.signer);
                write(out, certificate, entry.certificate ? entry.certificate->der() : bytes_view());
                write(out, frees, freed);
            });
        },
        room);
}

result<ledger_entry> entry_codec::decode(bytes_view body) const
{
    SCEPKIT_TRY(auto const read, read_fields(body));
    ledger_entry out;
    out.stage = read.stage;
    out.at = time_point(std::chrono::seconds(read.at));
    out.message_type = read.message_type;
    out.transaction_id = as_text(read.transaction_id);
    out.owner = to_bytes(read.owner);
    out.request_digest = to_bytes(read.request_digest);
    out.is_renewal = read.is_renewal;
    out.tolerances = read.tolerances;
    out.spends = to_bytes(read.optional[spends]);
    out.serial = to_bytes(read.optional[serial]);
    out.signer = to_bytes(read.optional[signer]);
    if(auto const sealed = read.optional[request]; !sealed.empty()) {
        if(sealed.size() < nonce_size + cms::detail::full_tag)
            return bad("an entry's request is too short to be sealed");
        auto const tag = sealed.last(cms::detail::full_tag);
        auto const text = sealed.subspan(nonce_size, sealed.size() - nonce_size - tag.size());
        SCEPKIT_TRY(out.request, cms::detail::decrypt_gcm(pki::crypto_context::default_context(), request_cipher,
                                                          request_key_.view(), sealed.first(nonce_size),
                                                          read.transaction_id, text, tag));
    }
    if(auto const der = read.optional[certificate]; !der.empty()) {
        SCEPKIT_TRY(out.certificate, pki::certificate::from_der(der));
    }
    if(!check_entry(out) || !may_free(read))
        return bad("an entry lacks what its stage needs");
    return out;
}

result<entry_summary> summarise(bytes_view body)
{
    SCEPKIT_TRY(auto const read, read_fields(body));
    entry_summary out{.stage = read.stage,
                      .transaction_id = read.transaction_id,
                      .spends = read.optional[spends],
                      .certificate_serial = {},
                      .frees = read.optional[frees]};
    if(auto const der = read.optional[certificate]; !der.empty()) {
        SCEPKIT_TRY(out.certificate_serial, serial_of(der));
    }
    if((!out.spends.empty() && out.spends.size() != spends_size) || out.transaction_id.empty() ||
       out.certificate_serial.empty() != (out.stage != ledger_stage::issued) || !may_free(read))
        return bad("an entry lacks what its stage needs");
    return out;
}

entry_summary summarise(ledger_entry const& entry, bytes_view freed) noexcept
{
    return {.stage = entry.stage,
            .transaction_id = as_bytes(entry.transaction_id),
            .spends = entry.spends,
            .certificate_serial = entry.certificate ? entry.certificate->serial() : bytes_view(),
            .frees = freed};
}

} // namespace scepkit::inline v0::scep::detail
