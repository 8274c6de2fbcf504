// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "tls_peer.hpp"

#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>

#include <support/files.hpp>

#include <cstdlib>
#include <fstream>

#include <openssl/x509_vfy.h>

namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using mode = tls_client_options::mode;
using test::body_of;
using test::failure_of;
using test::tls_peer;
using test::tls_pki;

constexpr std::string_view small_answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSHA-1";

tls_pki const& pki_of_test() { return tls_pki::instance(); }

server start(tls_server_options shown)
{
    server_options options;
    options.tls = std::move(shown);
    options.handler = [](http::request const&, peer const&) {
        http::response r;
        r.status = 200;
        r.body = to_bytes(as_bytes("hello"));
        return r;
    };
    return server::start(std::move(options)).value();
}

client_options believing(mode m, std::vector<pki::certificate> anchors = {pki_of_test().root.certificate})
{
    client_options options;
    options.tls = {m, std::nullopt, std::move(anchors)};
    options.resolver = test::resolves_to({"127.0.0.1"});
    return options;
}

std::string url(server const& s, std::string const& host = "localhost")
{
    return "https://" + host + ":" + std::to_string(s.port()) + "/";
}

TEST(Tls, TellsWhatAGoodHandshakeShowed)
{
    auto const s = start(pki_of_test().server());
    for(auto const m : {mode::require, mode::observe}) {
        auto const record = test::perform(url(s), {}, believing(m));
        ASSERT_FALSE(record.failure) << record.failure->to_string();
        EXPECT_EQ(body_of(record), "hello");
        ASSERT_TRUE(record.tls);
        EXPECT_EQ(record.tls->version, "TLSv1.3");
        EXPECT_FALSE(record.tls->cipher.empty());
        EXPECT_EQ(record.tls->alpn, "http/1.1");
        EXPECT_TRUE(record.tls->chain_trusted);
        EXPECT_FALSE(record.tls->verify_code);
        EXPECT_TRUE(record.tls->name_matches);
        EXPECT_FALSE(record.tls->client_certificate_requested);
        EXPECT_FALSE(record.tls->alert);
        ASSERT_EQ(record.tls->sent_chain.size(), 2u);
        EXPECT_EQ(record.tls->sent_chain[1], to_bytes(pki_of_test().intermediate.certificate.der()));
    }
}

TEST(Tls, ChecksAddressesAgainstAddresses)
{
    auto const s = start(pki_of_test().server());
    EXPECT_FALSE(test::perform(url(s, "127.0.0.1"), {}, believing(mode::require)).failure);
    auto const only_name = start(pki_of_test().server_for("localhost"));
    EXPECT_EQ(failure_of(test::perform(url(only_name, "127.0.0.1"), {}, believing(mode::require))),
              errc::name_mismatch);
}

struct bad_case {
    char const* what;
    tls_server_options shown;
    std::vector<pki::certificate> anchors;
    errc refusal;
    std::vector<int> verify_codes; ///< Any of them; empty: the chain is trusted.
    bool name_matches;
};

std::vector<bad_case> bad_cases()
{
    auto const& pki = pki_of_test();
    auto const stranger =
        test::authority::self_signed(test::timeless(test::ca_wish("CN=Somebody else")), test::rsa_key("stranger"));
    auto self_signed_wish = pki.leaf_wish();
    auto const self_signed = test::authority::self_signed(self_signed_wish, test::rsa_key("tls leaf"));
    auto client_only = pki.leaf_wish();
    client_only.extended_usage = {asn1::oids::client_auth};
    auto future = pki.leaf_wish();
    future.not_before = time_point{std::chrono::sys_days{std::chrono::year{2045} / 1 / 1}};
    return {
        {"expired",
         pki.expired_server(),
         {pki.root.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_CERT_HAS_EXPIRED},
         true},
        {"not yet valid",
         pki.server(future),
         {pki.root.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_CERT_NOT_YET_VALID},
         true},
        {"wrong name", pki.server_for("other.example"), {pki.root.certificate}, errc::name_mismatch, {}, false},
        {"untrusted",
         pki.server(),
         {stranger.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
         true},
        {"missing intermediate",
         pki.server_without_intermediate(),
         {pki.root.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE},
         true},
        {"self-signed",
         {{self_signed.certificate}, self_signed.key},
         {pki.root.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
         true},
        {"for clients only",
         pki.server(client_only),
         {pki.root.certificate},
         errc::tls_not_trusted,
         {X509_V_ERR_INVALID_PURPOSE},
         true},
    };
}

TEST(Tls, RequireRefusesAndKeepsWhatWasSeen)
{
    for(auto const& c : bad_cases()) {
        auto const s = start(c.shown);
        auto const record = test::perform(url(s), {}, believing(mode::require, c.anchors));
        EXPECT_EQ(failure_of(record), c.refusal) << c.what;
        EXPECT_EQ(record.reached, phase::tls) << c.what;
        EXPECT_FALSE(record.response) << c.what;
        ASSERT_TRUE(record.tls) << c.what;
        EXPECT_TRUE(record.tls->version.empty()) << c.what;
        EXPECT_EQ(record.tls->sent_chain.size(), c.shown.chain.size()) << c.what;
    }
}

TEST(Tls, ObserveGoesOnAndSaysWhatWasWrong)
{
    for(auto const& c : bad_cases()) {
        auto const s = start(c.shown);
        auto const record = test::perform(url(s), {}, believing(mode::observe, c.anchors));
        ASSERT_FALSE(record.failure) << c.what << ' ' << record.failure->to_string();
        EXPECT_EQ(body_of(record), "hello") << c.what;
        EXPECT_EQ(record.tls->chain_trusted, c.verify_codes.empty()) << c.what;
        EXPECT_EQ(record.tls->name_matches, c.name_matches) << c.what;
        EXPECT_FALSE(record.tls->version.empty()) << c.what;
        ASSERT_EQ(record.tls->verify_code.has_value(), !c.verify_codes.empty()) << c.what;
        if(record.tls->verify_code) {
            EXPECT_NE(std::find(c.verify_codes.begin(), c.verify_codes.end(), *record.tls->verify_code),
                      c.verify_codes.end())
                << c.what << ' ' << record.tls->verify_text;
        }
    }
}

TEST(Tls, AnAnchorIsTrustedAsItIs)
{
    // --ca-file with the intermediate, or with the server's own certificate.
    auto const shown = pki_of_test().server_without_intermediate();
    auto const s = start(shown);
    EXPECT_FALSE(test::perform(url(s), {}, believing(mode::require, {pki_of_test().intermediate.certificate})).failure);
    EXPECT_FALSE(test::perform(url(s), {}, believing(mode::require, {shown.chain[0]})).failure);
}

// Where trust comes from.

class environment
{
public:
    environment(std::string const& file, std::string const& folder)
    {
        ::setenv("SSL_CERT_FILE", file.c_str(), 1);
        ::setenv("SSL_CERT_DIR", folder.c_str(), 1);
    }
    ~environment()
    {
        ::unsetenv("SSL_CERT_FILE");
        ::unsetenv("SSL_CERT_DIR");
    }
    environment(environment const&) = delete;
    environment& operator=(environment const&) = delete;
};

void write(std::filesystem::path const& path, std::string const& text) { std::ofstream(path) << text; }

TEST(TlsTrust, ComesFromAFile)
{
    test::temporary_folder const folder;
    auto const file = (folder.path() / "ca.pem").string();
    write(file,
          "comment\n" + pki_of_test().root.certificate.to_pem() + pki_of_test().intermediate.certificate.to_pem());
    auto const s = start(pki_of_test().server());
    client_options options;
    options.tls.ca_file = file;
    auto const record = test::perform(url(s, "127.0.0.1"), {}, options);
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.tls->trust_source, "file " + file + " (2)");
    options.tls.anchors = {pki_of_test().root.certificate};
    EXPECT_EQ(test::perform(url(s, "127.0.0.1"), {}, options).tls->trust_source, "file " + file + " (2), 1 given");
}

TEST(TlsTrust, NeedsAReadableFile)
{
    test::temporary_folder const folder;
    auto const s = start(pki_of_test().server());
    client_options options;
    options.tls.ca_file = (folder.path() / "absent.pem").string();
    EXPECT_EQ(failure_of(test::perform(url(s, "127.0.0.1"), {}, options)), errc::file_unreadable);
    options.tls.ca_file = (folder.path() / "empty.pem").string();
    write(*options.tls.ca_file, "no certificate here\n");
    EXPECT_EQ(failure_of(test::perform(url(s, "127.0.0.1"), {}, options)), errc::bad_pem);
}

TEST(TlsTrust, SaysThatNoneIsInstalled)
{
    test::temporary_folder const folder;
    environment const none((folder.path() / "absent.pem").string(), folder.path().string());
    auto const s = start(pki_of_test().server());
    client_options options;
    options.tls.verification = mode::observe;
    auto const record = test::perform(url(s, "127.0.0.1"), {}, options);
    ASSERT_TRUE(record.tls);
    EXPECT_EQ(record.tls->trust_source, "none installed");
    EXPECT_FALSE(record.tls->chain_trusted);
}

TEST(TlsTrust, ComesFromTheSystemsFileAndFolder)
{
    test::temporary_folder const folder;
    auto const& root = pki_of_test().root.certificate;
    write(folder.path() / "bundle.pem", root.to_pem());
    // The name is the subject's hash, as c_rehash gives it; OpenSSL finds no other.
    auto const der = root.der();
    auto const* at = der.data();
    X509* const native = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    char name[32];
    std::snprintf(name, sizeof(name), "%08lx.0", X509_subject_name_hash(native));
    X509_free(native);
    write(folder.path() / name, root.to_pem());
    write(folder.path() / "README", "not a certificate");
    auto const real = std::filesystem::canonical(folder.path()).string();

    auto const s = start(pki_of_test().server());
    {
        environment const by_folder((folder.path() / "absent.pem").string(), folder.path().string() + ":/absent");
        auto const record = test::perform(url(s, "127.0.0.1"), {}, {});
        EXPECT_FALSE(record.failure) << record.failure->to_string();
        EXPECT_EQ(record.tls->trust_source, real + " (1 certificate)");
    }
    environment const by_file((folder.path() / "bundle.pem").string(), "/absent");
    auto const record = test::perform(url(s, "127.0.0.1"), {}, {});
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.tls->trust_source, real + "/bundle.pem (1 certificate)");
}

// Servers that the library's own is not.

void only(SSL_CTX* context, int version)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
}

TEST(Tls, ObserveSpeaksWithOldServers)
{
    for(auto const& [version, name] :
        {std::pair{TLS1_VERSION, "TLSv1"}, {TLS1_1_VERSION, "TLSv1.1"}, {TLS1_2_VERSION, "TLSv1.2"}}) {
        tls_peer const peer(
            pki_of_test().server(), [v = version](SSL_CTX* c) { only(c, v); },
            test::answers_over_tls(std::string(small_answer)));
        auto const record = test::perform(peer.url(), {}, believing(mode::observe));
        EXPECT_FALSE(record.failure) << name << ' ' << record.failure->to_string();
        EXPECT_EQ(record.tls->version, name);
        EXPECT_TRUE(record.tls->chain_trusted);
    }
}

TEST(Tls, RequireDoesNotSpeakWithOldServers)
{
    for(auto const version : {TLS1_VERSION, TLS1_1_VERSION}) {
        tls_peer const peer(
            pki_of_test().server(), [version](SSL_CTX* c) { only(c, version); },
            test::answers_over_tls(std::string(small_answer)));
        auto const record = test::perform(peer.url(), {}, believing(mode::require));
        EXPECT_EQ(failure_of(record), errc::tls_failed);
        EXPECT_EQ(record.reached, phase::tls);
        EXPECT_EQ(record.tls->alert, "protocol_version");
    }
}

TEST(Tls, SeesThatAClientCertificateIsAskedFor)
{
    for(auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_peer const polite(
            pki_of_test().server(),
            [version](SSL_CTX* c) {
                only(c, version);
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
            },
            test::answers_over_tls(std::string(small_answer)));
        auto const record = test::perform(polite.url(), {}, believing(mode::require));
        EXPECT_FALSE(record.failure) << record.failure->to_string();
        EXPECT_TRUE(record.tls->client_certificate_requested);
    }
}

TEST(Tls, ObserveSeesThatACertificateIsAskedForAfterTheRequest)
{
    // What IIS does where a path, not the site, wants one.
    tls_peer const peer(pki_of_test().server(), {}, [](tls_peer::stream& over, boost::system::error_code const&) {
        test::read_request(over);
        SSL_set_verify(over.native_handle(), SSL_VERIFY_PEER, nullptr);
        EXPECT_EQ(SSL_verify_client_post_handshake(over.native_handle()), 1);
        boost::system::error_code ignored;
        over.handshake(tls_peer::stream::server, ignored);
        test::say(over, small_answer);
        test::read_all(over);
    });
    auto const record = test::perform(peer.url(), {}, believing(mode::observe));
    EXPECT_FALSE(record.failure) << record.failure->to_string();
    EXPECT_EQ(body_of(record), "SHA-1");
    EXPECT_TRUE(record.tls->client_certificate_requested);
}

TEST(Tls, TellsTheAlertOfAServerThatNeedsAClientCertificate)
{
    // Under TLS 1.3 the alert comes after the handshake, in place of an answer.
    for(auto const& [version, alert, where] : {std::tuple{TLS1_2_VERSION, "handshake_failure", phase::tls},
                                               {TLS1_3_VERSION, "certificate_required", phase::receive}}) {
        tls_peer const strict(
            pki_of_test().server(),
            [v = version](SSL_CTX* c) {
                only(c, v);
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
            },
            [](tls_peer::stream& over, boost::system::error_code const&) { test::read_all(over.next_layer()); });
        auto const record = test::perform(strict.url(), {}, believing(mode::observe));
        EXPECT_EQ(failure_of(record), errc::tls_failed) << alert;
        EXPECT_TRUE(record.tls->client_certificate_requested) << alert;
        EXPECT_EQ(record.tls->alert, alert);
        EXPECT_EQ(record.reached, where) << alert;
    }
}

int refuse_name(SSL*, int* alert, void*)
{
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

TEST(Tls, TellsTheAlertByItsName)
{
    tls_peer const peer(
        pki_of_test().server(),
        [](SSL_CTX* c) { // SSL_CTX_set_tlsext_servername_callback, whose macro holds an old cast.
            SSL_CTX_callback_ctrl(c, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(refuse_name));
        },
        [](tls_peer::stream&, boost::system::error_code const&) {});
    auto const record = test::perform(peer.url(), {}, believing(mode::observe));
    EXPECT_EQ(failure_of(record), errc::tls_failed);
    EXPECT_EQ(record.reached, phase::tls);
    EXPECT_EQ(record.tls->alert, "unrecognized_name");
}

TEST(Tls, SendsTheNameOfNamesOnly)
{
    std::vector<std::string> names;
    tls_peer const peer(pki_of_test().server(), {}, [&](tls_peer::stream& over, boost::system::error_code const&) {
        auto const* const name = SSL_get_servername(over.native_handle(), TLSEXT_NAMETYPE_host_name);
        names.emplace_back(name != nullptr ? name : "(none)");
        test::read_request(over);
        test::say(over, small_answer);
    });
    EXPECT_FALSE(test::perform(peer.url("localhost"), {}, believing(mode::require)).failure);
    EXPECT_FALSE(test::perform(peer.url("127.0.0.1"), {}, believing(mode::require)).failure);
    EXPECT_EQ(names, (std::vector<std::string>{"localhost", "(none)"}));
}

TEST(Tls, IsNotFoundOnAPlainPort)
{
    test::raw_peer const plain([](test::tcp::socket& socket, unsigned) {
        char some[16];
        boost::system::error_code ignored;
        socket.read_some(boost::asio::buffer(some), ignored);
        test::say(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        socket.shutdown(test::tcp::socket::shutdown_send, ignored);
        test::read_all(socket);
    });
    auto const record = test::perform("https://127.0.0.1:" + std::to_string(plain.port()) + "/");
    EXPECT_EQ(failure_of(record), errc::tls_failed);
    EXPECT_EQ(record.reached, phase::tls);
    EXPECT_FALSE(record.tls->alert);
}

TEST(Tls, TellsHowAServerLeftDuringTheHandshake)
{
    auto const hello = [](test::tcp::socket& socket) {
        char some[4096];
        boost::system::error_code ignored;
        socket.read_some(boost::asio::buffer(some), ignored);
    };
    auto const ask = [](test::raw_peer const& peer) {
        client_options options;
        options.tls_timeout = 60ms;
        return test::perform("https://127.0.0.1:" + std::to_string(peer.port()) + "/", {}, options);
    };
    test::raw_peer const closes([&](test::tcp::socket& socket, unsigned) { hello(socket); });
    auto record = ask(closes);
    EXPECT_EQ(failure_of(record), errc::connection_closed);
    EXPECT_EQ(record.reached, phase::tls);

    test::raw_peer const resets([&](test::tcp::socket& socket, unsigned) {
        hello(socket);
        test::reset(socket);
    });
    record = ask(resets);
    EXPECT_EQ(failure_of(record), errc::connection_reset);
    EXPECT_EQ(record.reached, phase::tls);

    test::raw_peer const waits([&](test::tcp::socket& socket, unsigned) { test::read_all(socket); });
    record = ask(waits);
    EXPECT_EQ(failure_of(record), errc::timed_out);
    EXPECT_EQ(record.reached, phase::tls);
}

TEST(ThreatH9, ABodyWithoutLengthMustBeEndedByTls)
{
    std::string const text = "HTTP/1.1 200 OK\r\n\r\nwhole";
    tls_peer const proper(pki_of_test().server(), {}, test::answers_over_tls(text));
    auto const whole = test::perform(proper.url(), {}, believing(mode::require));
    EXPECT_FALSE(whole.failure) << whole.failure->to_string();
    EXPECT_EQ(body_of(whole), "whole");

    tls_peer const cut(pki_of_test().server(), {}, [&](tls_peer::stream& over, boost::system::error_code const&) {
        test::read_request(over);
        test::say(over, text);
    });
    auto const half = test::perform(cut.url(), {}, believing(mode::require));
    EXPECT_EQ(failure_of(half), errc::connection_closed);
    EXPECT_TRUE(half.response_truncated);
}

TEST(ThreatH9, AWholeMessageNeedsNoGoodbye)
{
    tls_peer const rude(pki_of_test().server(), {}, [](tls_peer::stream& over, boost::system::error_code const&) {
        test::read_request(over);
        test::say(over, small_answer);
    });
    auto const record = test::perform(rude.url(), {}, believing(mode::require));
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(body_of(record), "SHA-1");
}

TEST(ThreatH6, AResetWhileWritingTlsKillsNobody)
{
    tls_peer const peer(pki_of_test().server(), {}, [](tls_peer::stream& over, boost::system::error_code const&) {
        test::reset(over.next_layer());
    });
    for(int i = 0; i < 5; ++i) {
        auto const record = test::perform(peer.url(), test::post(bytes(4u << 20, 'x')), believing(mode::require));
        EXPECT_EQ(failure_of(record), errc::connection_reset);
    }
}

TEST(Tls, KeepsAConnectionWithWhatItShowed)
{
    auto const s = start(pki_of_test().server());
    auto options = believing(mode::require);
    options.keep_alive = true;
    client c(options);
    auto const server = test::endpoint(url(s));
    auto const first = c.perform(server, {});
    EXPECT_FALSE(first.failure);
    auto const second = c.perform(server, test::post(bytes(10'000, 'x')));
    EXPECT_FALSE(second.failure);
    EXPECT_TRUE(second.reused_connection);
    ASSERT_TRUE(second.tls);
    EXPECT_EQ(second.tls->sent_chain, first.tls->sent_chain);
    EXPECT_TRUE(second.tls->chain_trusted);
}

TEST(TlsServer, NeedsACertificateAndItsKey)
{
    server_options options;
    options.handler = [](http::request const&, peer const&) { return drop_connection{}; };
    options.tls = tls_server_options{{}, test::rsa_key("tls leaf")};
    EXPECT_EQ(server::start(options).error(), errc::invalid_argument);
    options.tls = tls_server_options{pki_of_test().server().chain, test::rsa_key("another")};
    EXPECT_EQ(server::start(options).error(), errc::bad_key);
}

TEST(TlsServer, SurvivesPlainAndBrokenClients)
{
    auto const s = start(pki_of_test().server());
    test::ask(s.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    test::ask(s.port(), std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
    test::ask(s.port(), "");
    EXPECT_FALSE(test::perform(url(s), {}, believing(mode::require)).failure);
}

TEST(TlsServer, ServesAClientThatOffersNoProtocolOrAnother)
{
    auto const s = start(pki_of_test().server());
    auto const ask = [&](std::string const& alpn) {
        boost::asio::io_context context;
        boost::asio::ssl::context settings(boost::asio::ssl::context::tls_client);
        boost::asio::ssl::stream<test::tcp::socket> over(context, settings);
        over.next_layer().connect(test::tcp::endpoint(boost::asio::ip::address_v4::loopback(), s.port()));
        SSL_set_alpn_protos(over.native_handle(), reinterpret_cast<unsigned char const*>(alpn.data()),
                            static_cast<unsigned int>(alpn.size()));
        over.handshake(boost::asio::ssl::stream_base::client);
        test::say(over, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        unsigned char const* chosen = nullptr;
        unsigned int size = 0;
        SSL_get0_alpn_selected(over.native_handle(), &chosen, &size);
        std::string const name(reinterpret_cast<char const*>(chosen), size);
        EXPECT_TRUE(test::read_all(over).ends_with("hello"));
        return name;
    };
    EXPECT_EQ(ask(""), "");
    EXPECT_EQ(ask("\x02h2"), "");
    EXPECT_EQ(ask("\x02h2\x08http/1.1"), "http/1.1");
}

} // namespace
} // namespace scepkit::inline v0::net
