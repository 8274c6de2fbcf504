// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/saved_enrollment.hpp>

#include <scepkit/asn1/writer.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr std::int64_t version = 1;
constexpr std::size_t longest_transaction_id = 256;
// Ten years: what no policy exceeds.
constexpr std::int64_t longest_backoff = std::int64_t{3650} * 24 * 3600;
constexpr auto backoff_tag = asn1::context_constructed(0);
constexpr auto since_tag = asn1::context_constructed(1);

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = "saved enrolment: " + std::move(message), .layer = "scep"}};
}

result<std::string> read_transaction_id(asn1::reader& from)
{
    SCEPKIT_TRY(auto const text, from.read(asn1::tag::printable_string));
    auto id = std::string(as_text(text.content));
    if(id.empty() || id.size() > longest_transaction_id || !asn1::is_printable_string(id))
        return fail(errc::bad_value, "this is no transactionID");
    return id;
}

result<pki::certificate> read_certificate(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto const element, from.read(asn1::tag::sequence));
    return pki::certificate::from_der(element.encoded, bounds);
}

result<std::vector<pki::certificate>> read_certificates(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto list, from.enter(asn1::tag::sequence));
    std::vector<pki::certificate> found;
    while(!list.at_end()) {
        if(found.size() == bounds.certificates)
            return fail(errc::too_many, "more certificates than the limit");
        SCEPKIT_TRY(auto one, read_certificate(list, bounds));
        found.push_back(std::move(one));
    }
    return found;
}

result<quirk_set> read_tolerances(asn1::reader& from)
{
    SCEPKIT_TRY(auto list, from.enter(asn1::tag::sequence));
    quirk_set found;
    while(!list.at_end()) {
        SCEPKIT_TRY(auto const name, list.read(asn1::tag::utf8_string));
        auto const known = cms::quirk_from_name(as_text(name.content));
        if(!known || found.contains(*known))
            return fail(errc::bad_value, "no quirk has this name, or it is there twice");
        found.insert(*known);
    }
    return found;
}

result<void> read_times(asn1::reader& from, saved_enrollment& to)
{
    SCEPKIT_TRY(auto backoff, from.enter_optional(backoff_tag));
    if(backoff) {
        SCEPKIT_TRY(auto const seconds, backoff->read_small_integer());
        SCEPKIT_CHECK(backoff->finish());
        if(seconds < 0 || seconds > longest_backoff)
            return fail(errc::bad_value, "no interval is that long");
        to.backoff = std::chrono::seconds{seconds};
    }
    SCEPKIT_TRY(auto since, from.enter_optional(since_tag));
    if(since) {
        SCEPKIT_TRY(to.since, since->read_time());
        SCEPKIT_CHECK(since->finish());
    }
    return success();
}

} // namespace

bytes saved_enrollment::to_der() const
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(version);
            w.string(asn1::tag::printable_string, transaction_id);
            w.raw(requested.spki());
            w.raw(subject.der());
            w.raw(signer.der());
            w.sequence([&] {
                for(auto const& c : ca_certificates)
                    w.raw(c.der());
            });
            w.octet_string(as_bytes(capabilities.to_text()));
            w.sequence([&] {
                for(auto const q : tolerances.list())
                    w.string(asn1::tag::utf8_string, cms::name_of(q));
            });
            if(backoff)
                w.constructed(backoff_tag, [&] { w.integer(backoff->count()); });
            if(since)
                w.constructed(since_tag, [&] { w.time(*since); });
        });
    });
}

result<saved_enrollment> saved_enrollment::from_der(bytes_view der, limits const& bounds)
{
    if(der.size() > bounds.message_size)
        return fail(errc::too_large, "longer than the limit");
    asn1::reader outer(der, bounds);
    SCEPKIT_TRY(auto from, outer.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(outer.finish());
    SCEPKIT_TRY(auto const written_as, from.read_small_integer());
    if(written_as != version)
        return fail(errc::bad_value, "written in version " + std::to_string(written_as) + ", this is version 1");
    SCEPKIT_TRY(auto id, read_transaction_id(from));
    SCEPKIT_TRY(auto const spki, from.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto requested, pki::public_key::from_spki(spki.encoded, bounds));
    SCEPKIT_TRY(auto const name, from.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto subject, pki::name::from_der(name.encoded));
    SCEPKIT_TRY(auto signer, read_certificate(from, bounds));
    SCEPKIT_TRY(auto certificates, read_certificates(from, bounds));
    SCEPKIT_TRY(auto const words, from.read_octet_string());
    SCEPKIT_TRY(auto known, capabilities::parse(words, bounds));
    SCEPKIT_TRY(auto const tolerated, read_tolerances(from));
    saved_enrollment found{std::move(id),
                           std::move(requested),
                           std::move(subject),
                           std::move(signer),
                           std::move(certificates),
                           std::move(known),
                           tolerated,
                           std::nullopt,
                           std::nullopt};
    SCEPKIT_CHECK(read_times(from, found));
    SCEPKIT_CHECK(from.finish());
    return found;
}

} // namespace scepkit::inline v0::scep::detail
