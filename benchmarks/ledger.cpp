// SPDX-License-Identifier: BSL-1.0
#include "limit.hpp"
#include "work_folder.hpp"

#include <support/scripted_ca.hpp>

#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>

namespace {

using namespace scepkit;
using namespace scepkit::test;
using bench::work_folder;
using durability = scep::file_ledger_options::durability;

std::string next_id()
{
    static std::atomic<unsigned> count{0};
    return "a transactionID as long as one of SHA-256, in hexadecimal: " + std::to_string(++count);
}

scep::ledger_entry reservation(device const& from)
{
    static auto const request = from.request();
    static auto const signer = from.signer().certificate;
    scep::ledger_entry out;
    out.stage = scep::ledger_stage::reserved;
    out.transaction_id = next_id();
    out.owner = bytes(32, 1);
    out.request_digest = bytes(32, 2);
    out.request = secret_bytes(request.der());
    out.signer = to_bytes(signer.der());
    out.spends.resize(32);
    system_random().fill(out.spends).value();
    out.serial = bytes(16, 0x42);
    system_random().fill(out.serial).value();
    out.at = noon;
    return out;
}

scep::ledger_entry issued(scep::ledger_entry const& reserved, pki::certificate certificate)
{
    scep::ledger_entry out;
    out.stage = scep::ledger_stage::issued;
    out.transaction_id = reserved.transaction_id;
    out.owner = reserved.owner;
    out.request_digest = reserved.request_digest;
    out.spends = reserved.spends;
    out.serial = reserved.serial;
    out.at = reserved.at;
    out.certificate = std::move(certificate);
    return out;
}

/// The same bytes written plainly, by as many threads.
class plain_file
{
public:
    explicit plain_file(std::filesystem::path const& path)
        : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600))
    {
        if(file_ < 0)
            throw std::runtime_error("no file to write to");
    }
    ~plain_file() { ::close(file_); }
    plain_file(plain_file const&) = delete;
    plain_file& operator=(plain_file const&) = delete;
    void put(bytes const& record, durability promise) const
    {
        if(::write(file_, record.data(), record.size()) != static_cast<ssize_t>(record.size()) ||
           (promise == durability::power && ::fdatasync(file_) != 0))
            throw std::runtime_error("the limit's own writing failed");
    }

private:
    int file_;
};

template <class Work>
void on_threads(unsigned threads, Work const& work)
{
    if(threads == 1)
        return work();
    std::vector<std::thread> crowd;
    for(unsigned t = 0; t != threads; ++t)
        crowd.emplace_back(work);
    for(auto& thread : crowd)
        thread.join();
}

void ledger_puts(benchmark::State& state, durability promise, unsigned threads, unsigned puts_a_thread)
{
    work_folder const folder;
    auto const ledger = scep::file_ledger::open((folder.path() / "state").string(), {.promise = promise}).value();
    plain_file const plain(folder.path() / "plain");
    device const from;
    auto const size_before = std::filesystem::file_size(folder.path() / "state" / "ledger");
    ledger->put(reservation(from)).value();
    bytes const record(std::filesystem::file_size(folder.path() / "state" / "ledger") - size_before);
    bench::prepared_against_limit(
        state,
        [&] {
            auto entries = std::make_shared<std::vector<scep::ledger_entry>>();
            for(unsigned i = 0; i != threads * puts_a_thread; ++i)
                entries->push_back(reservation(from));
            return [&, entries] {
                std::atomic<std::size_t> next{0};
                on_threads(threads, [&] {
                    for(unsigned i = 0; i != puts_a_thread; ++i)
                        ledger->put(std::move((*entries)[next++])).value();
                });
            };
        },
        [&] {
            on_threads(threads, [&] {
                for(unsigned i = 0; i != puts_a_thread; ++i)
                    plain.put(record, promise);
            });
        });
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * threads * puts_a_thread);
}
BENCHMARK_CAPTURE(ledger_puts, process_1_thread, durability::process, 1, 64)->UseManualTime();
BENCHMARK_CAPTURE(ledger_puts, process_8_threads, durability::process, 8, 64)->UseManualTime();
BENCHMARK_CAPTURE(ledger_puts, power_1_thread, durability::power, 1, 16)->UseManualTime();
BENCHMARK_CAPTURE(ledger_puts, power_8_threads, durability::power, 8, 16)->UseManualTime();

/// A ledger that so many enrolments left. Google Benchmark asks several times; it is made once.
std::string const& ledger_of(std::int64_t enrolments)
{
    static work_folder const folder;
    static std::map<std::int64_t, std::string> made;
    auto const [place, is_new] = made.emplace(enrolments, (folder.path() / std::to_string(enrolments)).string());
    if(!is_new)
        return place->second;
    auto const ledger = scep::file_ledger::open(place->second, {.promise = durability::process}).value();
    auto const ca = authority::self_signed(ca_wish("CN=Ledger CA"), rsa_key("ledger ca"));
    device const from;
    // One certificate for all: signing as many would take minutes, and opening looks at the serial number alone.
    auto const certificate = ca.issue({.subject = "CN=device 1,O=Contoso"}, from.key().public_key());
    for(auto i = enrolments; i != 0; --i) {
        auto reserved = reservation(from);
        auto done = issued(reserved, certificate);
        ledger->put(std::move(reserved)).value();
        ledger->put(std::move(done)).value();
    }
    return place->second;
}

void ledger_opens(benchmark::State& state)
{
    auto const& directory = ledger_of(state.range(0));
    bench::against_limit(
        state,
        [&] {
            auto const opened = scep::file_ledger::open(directory, {.promise = durability::process}).value();
            if(opened->size() != static_cast<std::size_t>(state.range(0)))
                throw std::runtime_error("not all transactions");
        },
        [&] { read_file(directory + "/ledger", std::size_t{1} << 32).value(); });
}
BENCHMARK(ledger_opens)->Arg(10'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);

} // namespace
