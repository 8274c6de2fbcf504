// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::facts {

// What a live endpoint showed. Plain values; whoever makes them judges nothing. Codes of errors are errc names.

/// Why one question was asked.
enum class question {
    bare_get, ///< GET of the URL as given, no query.
    get_ca_caps,
    get_ca_cert,
    empty_post,      ///< POST ?operation=PKIOperation with no body, to the URL as given.
    empty_post_dll,  ///< The same to the URL with /mscep.dll: at most two POSTs a run.
    get_ca_caps_dll, ///< GetCACaps at the URL with /mscep.dll.
    admin_page,      ///< GET of /certsrv/mscep_admin/ on the same host, no credentials.
    slash_get,       ///< GetCACaps at the URL with "/" added (what a client that follows the 301 would ask).
    long_query,      ///< GetCACaps with a long message: the long-URL ladder.
    https_variant,   ///< GetCACaps at the same URL with https.
};
BOOST_DESCRIBE_ENUM(question, bare_get, get_ca_caps, get_ca_cert, empty_post, empty_post_dll, get_ca_caps_dll,
                    admin_page, slash_get, long_query, https_variant)

enum class body_kind { none, empty, html, text, der, binary };
BOOST_DESCRIBE_ENUM(body_kind, none, empty, html, text, der, binary)

struct header {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(header, (), (name, value))

struct target {
    std::string url; ///< As judged (scheme added).
    std::string scheme;
    std::string host;
    std::uint16_t port = 0;
    std::string path;
    std::string query;
    bool loopback = false;
};
BOOST_DESCRIBE_STRUCT(target, (), (url, scheme, host, port, path, query, loopback))

struct name_lookup {
    std::string host;
    std::vector<std::string> addresses;
    std::optional<std::string> failure; ///< "name_not_found", "resolver_failed", "timed_out"
};
BOOST_DESCRIBE_STRUCT(name_lookup, (), (host, addresses, failure))

struct connection_attempt {
    std::string address;
    std::uint16_t port = 0;
    std::optional<std::string> failure; ///< "connection_refused", "timed_out" …
    std::int64_t milliseconds = 0;
};
BOOST_DESCRIBE_STRUCT(connection_attempt, (), (address, port, failure, milliseconds))

struct certificate_summary {
    std::string subject;
    std::string issuer;
    std::string serial;     ///< Hex.
    std::string sha256;     ///< Hex.
    std::string not_before; ///< ISO 8601
    std::string not_after;
    std::string key;       ///< "RSA 2048", "P-256", or why it is unusable.
    std::string signature; ///< "RSA SHA-256", "RSASSA-PSS SHA-256" …
    bool is_ca = false;
    bool self_issued = false;
    std::optional<std::string> key_usage;        ///< "digitalSignature, keyEncipherment"; absent: no extension.
    std::vector<std::string> extended_key_usage; ///< Dotted.
    std::vector<std::string> dns_names;
    std::optional<std::int64_t> issued_by; ///< Index in the same list of the certificate whose key verifies it.
    bool issuer_name_in_list = false;      ///< Some certificate of the list has the issuer's name.
};
BOOST_DESCRIBE_STRUCT(certificate_summary, (),
                      (subject, issuer, serial, sha256, not_before, not_after, key, signature, is_ca, self_issued,
                       key_usage, extended_key_usage, dns_names, issued_by, issuer_name_in_list))

struct tls_session {
    std::string version;
    std::string cipher;
    std::vector<certificate_summary> chain; ///< As sent, leaf first.
    bool chain_trusted = false;
    std::optional<std::int64_t> verify_code; ///< OpenSSL's X509_V_ERR_…
    std::string verify_text;
    bool name_matches = false;
    bool client_certificate_requested = false;
    std::string trust_source;
    std::optional<std::string> alert;
};
BOOST_DESCRIBE_STRUCT(tls_session, (),
                      (version, cipher, chain, chain_trusted, verify_code, verify_text, name_matches,
                       client_certificate_requested, trust_source, alert))

/// One question and everything that came of it.
struct http_exchange {
    facts::question question{};
    std::string method;
    std::string url;
    std::int64_t query_bytes = 0;       ///< long_query: its length.
    std::string time;                   ///< ISO 8601, start.
    std::string reached;                ///< net phase: "resolve" … "done"
    std::optional<std::string> failure; ///< errc name; absent: a response came.
    std::optional<std::string> failure_text;
    std::optional<std::int64_t> status;
    std::vector<header> headers; ///< Server, Location, Content-Type, Content-Length, Allow, WWW-Authenticate, Date,
                                 ///< Set-Cookie (name only), x-ms-…, Via, Age, X-Cache
    facts::body_kind body{};
    std::int64_t body_bytes = 0;
    std::string html_title;                ///< Escaped, at most 200 bytes.
    std::vector<std::string> html_markers; ///< Of a fixed list: "form", "SAMLRequest", "window.location", "Network
                                           ///< Device Enrollment Service", "Request Too Long" …
    std::optional<std::string> location;
    std::int64_t milliseconds = 0;
};
BOOST_DESCRIBE_STRUCT(http_exchange, (),
                      (question, method, url, query_bytes, time, reached, failure, failure_text, status, headers, body,
                       body_bytes, html_title, html_markers, location, milliseconds))

/// GetCACaps, read.
struct capability_list {
    std::vector<std::string> words;
    std::optional<std::string> failure; ///< errc name where it cannot be read as a list.
    bool has_byte_order_mark = false;
};
BOOST_DESCRIBE_STRUCT(capability_list, (), (words, failure, has_byte_order_mark))

/// GetCACert, read.
struct ca_certificates {
    std::string content_type;
    bool single = false; ///< One DER certificate, not a bag.
    std::vector<certificate_summary> certificates;
    std::optional<std::string> failure; ///< errc name
    std::optional<std::string> failure_text;
    std::vector<std::string> tolerances; ///< Quirk names.
};
BOOST_DESCRIBE_STRUCT(ca_certificates, (), (content_type, single, certificates, failure, failure_text, tolerances))

} // namespace scepkit::inline v0::facts
