// SPDX-License-Identifier: BSL-1.0
// A responder that ends itself with SIGKILL where it is told to.
//
//     responder_process <directory> <place>
//
// The directory holds ca.pem, ca.key and challenge (worth one certificate); the ledger goes to state/, and the issuer
// keeps what it signed in issued.pem, as the database of a CA outside would. pkiMessages come on stdin, replies go to
// stdout, each behind its length (four bytes, big-endian). Places: the failpoints of the responder by name; write_<n>
// and sync_<n> for the n-th call of the ledger's file, of a write the half is done; none.
#include <scep/detail/append_file.hpp>
#include <scep/detail/failpoint.hpp>
#include <scepkit/scep/responder.hpp>

#include <support/scripted_ca.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace scepkit;

namespace {

std::string place;

[[noreturn]] void end_here()
{
    ::kill(::getpid(), SIGKILL);
    std::abort();
}

bool is_at(std::string const& here) { return here == place; }

ssize_t write_or_end(int file, void const* data, std::size_t size, off_t at)
{
    static unsigned count = 0;
    if(!is_at("write_" + std::to_string(++count)))
        return ::pwrite(file, data, size, at);
    if(::pwrite(file, data, size / 2, at) >= 0)
        end_here();
    return -1;
}

int sync_or_end(int file)
{
    static unsigned count = 0;
    if(is_at("sync_" + std::to_string(++count)))
        end_here();
    return ::fdatasync(file);
}

constexpr scep::detail::file_calls calls{write_or_end, sync_or_end, ::ftruncate};

/// A CA whose database is a file: a serial number that it knows gets the certificate that it has.
result<pki::certificate> issue(scep::local_issuer& behind, std::string const& path, scep::grant right)
{
    if(auto const kept = read_file(path, 1u << 20); kept && !kept->empty())
        for(auto const& certificate : pki::certificate::all_from_pem(*kept).value())
            if(equal(certificate.serial(), right.serial())) // Positive and without leading zeros: the same octets.
                return certificate;
    auto made = behind.issue(std::move(right));
    if(!made)
        return made;
    auto const pem = made->to_pem();
    auto const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if(file < 0 || ::write(file, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size()) || ::close(file) != 0)
        return error(errc::io_failed, "the issuer cannot write its file");
    return made;
}

bytes file_of(std::string const& path) { return read_file(path, 1u << 20).value(); }

bool receive(bytes& message)
{
    std::uint8_t length[4];
    if(std::fread(length, 1, sizeof(length), stdin) != sizeof(length))
        return false;
    message.resize(std::size_t{length[0]} << 24 | std::size_t{length[1]} << 16 | std::size_t{length[2]} << 8 |
                   length[3]);
    return std::fread(message.data(), 1, message.size(), stdin) == message.size();
}

void send(bytes_view reply)
{
    for(auto const shift : {24, 16, 8, 0})
        std::putchar(static_cast<int>(reply.size() >> shift & 0xff));
    std::fwrite(reply.data(), 1, reply.size(), stdout);
    std::fflush(stdout);
}

int run(std::string const& directory)
{
    auto const ca = pki::certificate::from_pem(file_of(directory + "/ca.pem")).value();
    auto const key = pki::private_key::from_pem(file_of(directory + "/ca.key")).value();
    auto const signer = std::make_shared<scep::local_issuer>(ca, key);
    std::vector<secret_bytes> challenges;
    challenges.push_back(secret_bytes(file_of(directory + "/challenge")));

    scep::responder_options options{.ca_chain = {ca}, .signing = {ca, key}, .decryption_certificate = ca};
    options.decryption = pki::software_decrypter::create(key).value();
    options.authorizer =
        std::make_shared<scep::challenge_store>(std::move(challenges), scep::challenge_store::use::once);
    options.issuer = scep::make_issuer(
        [=](scep::grant right) { return issue(*signer, directory + "/issued.pem", std::move(right)); });
    options.ledger = scep::file_ledger::open(directory + "/state").value();
    auto const responder = scep::responder::create(std::move(options)).value();
    for(bytes message; receive(message);)
        send(responder->pki_operation(message, test::noon).body);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if(argc != 3)
        return 2;
    place = argv[2];
    scep::detail::at_failpoint = [](scep::detail::failpoint p) {
        if(is_at(std::string(name_of(p))))
            end_here();
    };
    scep::detail::at_file_calls = &calls;
    try {
        return run(argv[1]);
    } catch(std::exception const& e) {
        std::fprintf(stderr, "responder_process: %s\n", e.what());
        return 1;
    }
}
