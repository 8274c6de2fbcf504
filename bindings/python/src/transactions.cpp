// SPDX-License-Identifier: BSL-1.0
#include "transactions.hpp"

#include <algorithm>
#include <cmath>

namespace scepkit::python {
namespace {

template <class Value>
using words = std::vector<std::pair<std::string_view, Value>>;

template <class Value>
Value find(words<Value> const& table, std::string_view word, char const* what)
{
    std::string known;
    for(auto const& [name, value] : table) {
        if(name == word)
            return value;
        known += known.empty() ? "" : ", ";
        known += name;
    }
    throw py::value_error(std::string(what) + " is one of " + known);
}

words<cms::content_cipher> const& ciphers()
{
    static words<cms::content_cipher> const table = [] {
        words<cms::content_cipher> all;
        for(auto c : {cms::content_cipher::aes128_cbc, cms::content_cipher::aes192_cbc, cms::content_cipher::aes256_cbc,
                      cms::content_cipher::aes128_gcm, cms::content_cipher::aes256_gcm,
                      cms::content_cipher::des_ede3_cbc, cms::content_cipher::des_cbc})
            all.emplace_back(cms::name_of(c), c);
        return all;
    }();
    return table;
}

words<pki::digest_algorithm> const& digests()
{
    static words<pki::digest_algorithm> const table = [] {
        words<pki::digest_algorithm> all;
        for(auto d : {pki::digest_algorithm::sha1, pki::digest_algorithm::sha256, pki::digest_algorithm::sha384,
                      pki::digest_algorithm::sha512})
            all.emplace_back(pki::name_of(d), d);
        return all;
    }();
    return table;
}

words<scep::renewal_style> const& renewals()
{
    static words<scep::renewal_style> const table{{"automatic", scep::renewal_style::automatic},
                                                  {"RenewalReq", scep::renewal_style::renewal_req},
                                                  {"PKCSReq", scep::renewal_style::pkcs_req}};
    return table;
}

std::chrono::seconds seconds_of(double value, char const* what)
{
    constexpr double most = 1e9;
    if(!(value >= 0 && value <= most))
        throw py::value_error(std::string(what) + " is a number of seconds");
    return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(value)));
}

} // namespace

std::vector<std::string> names_of(scep::quirk_set const& quirks)
{
    std::vector<std::string> names;
    for(auto q : quirks.list())
        names.emplace_back(cms::name_of(q));
    return names;
}

scep::ca_trust trust_of(std::optional<std::string> const& fingerprint, std::optional<py::bytes> const& pem,
                        bool first_use)
{
    if((fingerprint ? 1 : 0) + (pem ? 1 : 0) + (first_use ? 1 : 0) != 1)
        throw py::value_error("give exactly one of ca_fingerprint, ca_certificates, trust_on_first_use=True");
    if(fingerprint)
        return value_or_raise(scep::ca_trust::pinned_hex(*fingerprint));
    if(pem)
        return value_or_raise(scep::ca_trust::anchored(value_or_raise(pki::certificate::all_from_pem(view_of(*pem)))));
    return scep::ca_trust::trust_on_first_use();
}

scep::enrollment_options options_of(manner const& m, bool renewing)
{
    scep::enrollment_options options;
    options.profile = value_or_raise(scep::profile::named(m.profile));
    options.floor.allow_sha1 = options.profile.allows(scep::quirk::sha1_signature);
    options.floor.allow_single_des = options.profile.allows(scep::quirk::single_des);
    if(m.cipher)
        options.cipher = find(ciphers(), *m.cipher, "cipher");
    if(m.digest)
        options.digest = find(digests(), *m.digest, "digest");
    if(m.pss)
        options.signature = pki::signature_scheme::rsa_pss;
    if(m.oaep) {
        auto const digest = find(digests(), *m.oaep, "oaep");
        options.transport = {pki::key_transport::kind::rsa_oaep, digest, digest};
    }
    if(renewing)
        options.renewal = find(renewals(), m.renewal, "renewal");
    options.polling.attempts = m.polls;
    options.polling.interval = seconds_of(m.poll_interval, "poll_interval");
    if(m.poll_deadline)
        options.polling.deadline = seconds_of(*m.poll_deadline, "poll_deadline");
    return options;
}

void raise_rejected(scep::rejected const& r)
{
    std::string text = "the CA refused the request";
    if(r.fail_info)
        text += ": " + std::string(scep::name_of(*r.fail_info));
    if(r.microsoft_error)
        text += ", " + r.microsoft_error->to_string() + " " + std::string(r.microsoft_error->name());
    if(!r.fail_info_text.empty())
        text += ": " + r.fail_info_text;
    auto const type = py::module_::import("scepkit._errors").attr("RequestRejected");
    auto instance = type(to_text(escape_controls(text)));
    instance.attr("fail_info") = r.fail_info ? py::cast(std::string(scep::name_of(*r.fail_info))) : py::none();
    instance.attr("text") = to_text(r.fail_info_text);
    instance.attr("hresult") = r.microsoft_error ? py::cast(r.microsoft_error->value) : py::none();
    PyErr_SetObject(type.ptr(), instance.ptr());
    throw py::error_already_set();
}

} // namespace scepkit::python
