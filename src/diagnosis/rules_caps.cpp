// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

// The answer that `facts.capabilities` was read from: at the URL as given, or where the redirect leads.
http_exchange const* caps_answer(rule_context const& c)
{
    for(auto const q : {question::get_ca_caps, question::slash_get, question::get_ca_caps_dll, question::https_variant})
        if(auto const* e = answered(c, q); has_status(e, 200))
            return e;
    return nullptr;
}

facts::capability_list const* list(rule_context const& c)
{
    return c.facts.capabilities && caps_answer(c) != nullptr ? &*c.facts.capabilities : nullptr;
}

std::string words_of(facts::capability_list const& l) { return l.words.empty() ? "nothing" : joined(l.words, " "); }

make begin(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    f.on(c, *caps_answer(c)).on_capabilities(c, "GetCACaps lists " + words_of(*c.facts.capabilities));
    return f;
}

outcome html(rule_context const& c, catalogue_entry const& entry)
{
    auto const* l = list(c);
    if(l == nullptr || (l->failure != "html_instead_of_scep" && caps_answer(c)->body != facts::body_kind::html))
        return std::nullopt;
    auto const& title = caps_answer(c)->html_title;
    return make(entry)
        .saw("GetCACaps got a web page" + (title.empty() ? std::string(".") : ", \"" + title + "\"."))
        .on(c, *caps_answer(c));
}

outcome empty(rule_context const& c, catalogue_entry const& entry)
{
    auto const* l = list(c);
    if(l == nullptr || l->failure || !l->words.empty())
        return std::nullopt;
    return begin(c, entry).saw("GetCACaps got 200 and no capability at all.");
}

outcome unreadable(rule_context const& c, catalogue_entry const& entry)
{
    auto const* l = list(c);
    if(l == nullptr || !l->failure || l->failure == "html_instead_of_scep" ||
       caps_answer(c)->body == facts::body_kind::html)
        return std::nullopt;
    return begin(c, entry).saw("The answer to GetCACaps is no list of words: " + *l->failure + ".");
}

outcome missing_though_certificates(rule_context const& c, catalogue_entry const& entry)
{
    auto const* caps = answered(c, question::get_ca_caps);
    if(caps == nullptr || *caps->status < 400 || !certificates_read(c) || capabilities_read(c))
        return std::nullopt;
    return make(entry)
        .is(confidence::likely)
        .saw("GetCACert is answered; GetCACaps got " + std::to_string(*caps->status) + ".")
        .on(c, *caps);
}

outcome byte_order_mark(rule_context const& c, catalogue_entry const& entry)
{
    auto const* l = list(c);
    if(l == nullptr || !l->has_byte_order_mark)
        return std::nullopt;
    return begin(c, entry).saw("The answer to GetCACaps begins with a byte-order mark.");
}

outcome no_post(rule_context const& c, catalogue_entry const& entry)
{
    if(!capabilities_read(c) || list(c) == nullptr || offers_post(c))
        return std::nullopt;
    return begin(c, entry)
        .is(is_ndes(c) ? severity::error : severity::warning)
        .saw("GetCACaps lists " + words_of(*list(c)) + "; POSTPKIOperation is not among them.");
}

outcome no_sha256(rule_context const& c, catalogue_entry const& entry)
{
    if(!capabilities_read(c) || list(c) == nullptr || offers(c, "SHA-256") || offers(c, "SHA-512") ||
       offers(c, "SCEPStandard"))
        return std::nullopt;
    return begin(c, entry).saw("GetCACaps lists " + words_of(*list(c)) +
                               "; neither SHA-256 nor SHA-512 is among them.");
}

outcome no_cipher(rule_context const& c, catalogue_entry const& entry)
{
    if(!capabilities_read(c) || list(c) == nullptr || offers(c, "AES") || offers(c, "DES3") ||
       offers(c, "SCEPStandard"))
        return std::nullopt;
    return begin(c, entry).saw("GetCACaps lists " + words_of(*list(c)) + "; neither AES nor DES3 is among them.");
}

outcome wrong_case(rule_context const& c, catalogue_entry const& entry)
{
    constexpr std::string_view known[] = {"AES",   "DES3",    "GetNextCACert", "POSTPKIOperation", "Renewal",
                                          "SHA-1", "SHA-256", "SHA-512",       "SCEPStandard"};
    auto const* l = list(c);
    if(l == nullptr || l->failure)
        return std::nullopt;
    std::vector<std::string> wrong;
    for(auto const& word : l->words)
        if(std::ranges::any_of(known, [&](auto k) { return is_same_text(k, word) && k != word; }))
            wrong.push_back(word);
    if(wrong.empty())
        return std::nullopt;
    return begin(c, entry).saw("Written in another case than the standard's: " + joined(wrong) + ".");
}

constexpr std::string_view rfc_caps = "RFC 8894, section 3.5";
constexpr std::string_view html_fix[] = {
    "Compare the path of the URL with https://<host>/certsrv/mscep/mscep.dll.",
    "If the path is right, look for a proxy or rewrite rule that drops the query, or that signs users in."};
constexpr std::string_view empty_fix[] = {
    "Restart the NDES service (restart the server) and read events of the source NetworkDeviceEnrollmentService in the "
    "Application log.",
    "On Windows Server 2008 install the hotfix KB2483564, better move to a supported Windows Server."};
constexpr std::string_view unreadable_fix[] = {
    "Look at the answer with curl, at the server itself and from outside: something on the way changes it."};
constexpr std::string_view bom_fix[] = {
    "Let the server, or the proxy that changes its answer, write plain ASCII without a byte-order mark."};
constexpr std::string_view post_fix[] = {"NDES of Windows Server 2016 and later always offers POST: look for a proxy "
                                         "that answers or changes GetCACaps in its place, or for a very old server.",
                                         "Until then the server and all proxies must take URLs of 40 KB."};
constexpr std::string_view sha_fix[] = {
    "Update the server: NDES offers SHA-256 and SHA-512 since Windows Server 2012."};
constexpr std::string_view case_fix[] = {"Let the server write the words exactly as RFC 8894 does."};
constexpr std::string_view caps_refs[] = {rfc_caps};
constexpr std::string_view page_refs[] = {"Microsoft Learn: Troubleshooting device to NDES server communication for "
                                          "SCEP certificate profiles in Microsoft Intune",
                                          rfc_caps};

rule const table[] = {
    {{"caps-html", kind::symptom, severity::error, "GetCACaps is answered with a web page",
      "Clients expect a list of words. They take a page for a server without capabilities, or stop.", html_fix,
      page_refs},
     html},
    {{"caps-unreadable", kind::symptom, severity::error, "The answer to GetCACaps cannot be read",
      "Clients expect a few lines of text.", unreadable_fix, caps_refs},
     unreadable},
    {{"caps-empty", kind::symptom, severity::error, "GetCACaps is answered with nothing",
      "The standard reads that as no capabilities: clients fall back to GET, DES and MD5, and iOS stops because no SHA "
      "is offered.",
      empty_fix, caps_refs},
     empty},
    {{"caps-missing-but-cert-ok", kind::symptom, severity::error, "GetCACaps fails while GetCACert works",
      "The standard reads a failed GetCACaps as no capabilities; what clients make of it differs, and current ones "
      "mostly stop.",
      unreadable_fix, caps_refs},
     missing_though_certificates},
    {{"caps-bom", kind::cause, severity::error, "A byte-order mark stands before the capabilities",
      "Clients that compare words exactly do not recognise the first one.", bom_fix, caps_refs},
     byte_order_mark},
    {{"caps-no-post", kind::cause, severity::error, "The server does not offer POST",
      "Clients then put the whole enrolment message, 10 KB and more, into the URL, where servers and proxies have "
      "limits.",
      post_fix, caps_refs},
     no_post},
    {{"caps-no-sha256", kind::cause, severity::error, "The server does not offer SHA-256",
      "Current clients want SHA-256; iOS reports that the CA does not have the required capability.", sha_fix,
      caps_refs},
     no_sha256},
    {{"caps-no-3des-no-aes", kind::cause, severity::error, "The server offers no cipher but single DES",
      "Without AES and DES3 the standard leaves single DES, which current clients and libraries refuse.", sha_fix,
      caps_refs},
     no_cipher},
    {{"caps-case", kind::cause, severity::warning, "Capabilities are written in another case",
      "Servers must use the standard's spelling; clients should not mind, and some do.", case_fix, caps_refs},
     wrong_case},
};

} // namespace

std::span<rule const> caps_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
