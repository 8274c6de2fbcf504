// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ledger.hpp>

#include <base/try.hpp>
#include <scep/detail/append_file.hpp>
#include <scep/detail/ledger_chain.hpp>
#include <scep/detail/ledger_index.hpp>
#include <scep/detail/ledger_scan.hpp>

#include <algorithm>
#include <condition_variable>
#include <gsl/gsl>
#include <list>
#include <mutex>
#include <new>

namespace scepkit::inline v0::scep {

namespace {

using stage = ledger_stage;
using place = detail::ledger_index::place;
using short_key = detail::ledger_index::short_key;
using spent_key = detail::ledger_index::spent_key;
using check = detail::ledger_chain::check;

template <class Key>
Key key_from(bytes_view data)
{
    Expects(data.size() >= Key{}.size());
    Key out{};
    std::copy_n(data.begin(), out.size(), out.begin());
    return out;
}

std::optional<spent_key> spent_from(bytes_view hash)
{
    return hash.empty() ? std::nullopt : std::optional(key_from<spent_key>(hash));
}

/// The first record's body: what the file is, and how to read it.
bytes title()
{
    return asn1::encode([](asn1::writer& out) {
        out.sequence([&] {
            out.string(asn1::tag::utf8_string, "scepkit ledger");
            out.integer(1);
        });
    });
}

/// The keys of a directory, all from the 32 bytes in its "secret". What callers get is one of them, so that nothing
/// they compute under it can be a key of the file.
struct ledger_keys {
    detail::ledger_chain chain;
    detail::entry_codec entries;
    pki::detail::mac_key names;
    secret_bytes given_out;

    static result<ledger_keys> derive(bytes_view master)
    {
        SCEPKIT_TRY(auto const root, pki::detail::mac_key::create(master));
        auto const key = [&](std::string_view purpose) -> result<secret_bytes> {
            SCEPKIT_TRY(auto derived, root.compute({as_bytes(purpose)}));
            return secret_bytes(std::move(derived));
        };
        SCEPKIT_TRY(auto const chain_key, key("scepkit ledger: chain"));
        SCEPKIT_TRY(auto request_key, key("scepkit ledger: requests"));
        SCEPKIT_TRY(auto const name_key, key("scepkit ledger: names"));
        SCEPKIT_TRY(auto given_out, key("scepkit ledger: secret()"));
        SCEPKIT_TRY(auto chain, detail::ledger_chain::create(chain_key.view()));
        SCEPKIT_TRY(auto names, pki::detail::mac_key::create(name_key.view()));
        return ledger_keys{std::move(chain), detail::entry_codec(std::move(request_key)), std::move(names),
                           std::move(given_out)};
    }

    result<short_key> name(std::string_view kind, bytes_view value) const
    {
        SCEPKIT_TRY(auto const mac, names.compute({as_bytes(kind), value}));
        return key_from<short_key>(mac);
    }
    result<short_key> transaction(bytes_view id) const { return name("t", id); }
    result<short_key> serial(bytes_view serial) const { return name("s", serial); }
};

/// `is_new`: the ledger beside it is empty, so that there may be none yet.
result<secret_bytes> read_secret(std::string const& path, bool is_new, random_source& random)
{
    auto found = read_file(path, detail::ledger_secret_size);
    if(found && found->size() == detail::ledger_secret_size)
        return secret_bytes(*std::move(found));
    if(!is_new && found)
        return error(errc::bad_value,
                     diagnostics{.message = path + " is not the secret of a ledger", .layer = "ledger"});
    if(!is_new)
        return found.error();
    secret_bytes made(detail::ledger_secret_size);
    SCEPKIT_CHECK(random.fill({made.data(), made.size()}));
    // Renamed into place: a crash leaves it whole or not at all. Synchronises the folder, the ledger's name included.
    SCEPKIT_CHECK(replace_file(path, made.view(), 0600));
    return made;
}

} // namespace

struct file_ledger::state {
    /// Somebody who waits until a record is safe.
    struct waiter {
        bool is_safe = false;
        std::optional<error> failed;
    };
    /// A record to be written; where it will be is not known yet.
    struct draft {
        bytes body;
        detail::ledger_index::change change;
    };
    /// A record that is written and not yet safe.
    struct pending {
        detail::ledger_index::undo change;
        check last_before;
        std::uint64_t end_before;
        waiter* who;
    };

    file_ledger_options options;
    random_source& random;
    ledger_keys keys;
    mutable std::mutex mutex;
    std::condition_variable synced;
    detail::append_file file;
    detail::ledger_index index;
    check last{}; ///< Of the last record.
    std::size_t repaired = 0;
    bool is_syncing = false;
    std::list<pending> unsafe;

    state(file_ledger_options o, ledger_keys k, detail::append_file f)
        : options(o), random(o.random != nullptr ? *o.random : system_random()), keys(std::move(k)), file(std::move(f))
    {
    }

    result<void> load();
    result<void> put(ledger_entry const& entry);
    result<ledger_entry> read(place const& where) const;

private:
    result<bytes> judge(ledger_entry const& next, place const* known) const;
    result<detail::ledger_index::change> change_of(detail::entry_summary const& summary,
                                                   short_key const& transaction) const;
    result<draft> draw_up(ledger_entry const& entry, short_key const& transaction, bytes_view frees) const;
    result<void> append(draft next, waiter* who);
    result<void> wait_until_safe(std::unique_lock<std::mutex>& lock, waiter& me);
    error cannot_synchronise(int reason) const noexcept;
    void take_back_unsafe(error const& why) noexcept;
};

/// All but the place.
result<detail::ledger_index::change> file_ledger::state::change_of(detail::entry_summary const& summary,
                                                                   short_key const& transaction) const
{
    detail::ledger_index::change out;
    out.transaction = transaction;
    out.where.stage = summary.stage;
    out.spends = spent_from(summary.spends);
    out.frees = spent_from(summary.frees);
    if(!summary.certificate_serial.empty()) {
        SCEPKIT_TRY(out.serial, keys.serial(summary.certificate_serial));
    }
    return out;
}

result<file_ledger::state::draft> file_ledger::state::draw_up(ledger_entry const& entry, short_key const& transaction,
                                                              bytes_view frees) const
{
    draft out;
    SCEPKIT_TRY(out.body, keys.entries.encode(entry, frees, random));
    SCEPKIT_TRY(out.change, change_of(detail::summarise(entry, frees), transaction));
    return out;
}

result<void> file_ledger::state::load()
{
    auto const size = file.end();
    SCEPKIT_TRY(auto const end,
                detail::scan_records(file, keys.chain, size, [&](detail::scanned_record const& r) -> result<void> {
                    if(r.offset == 0) {
                        if(!equal(r.body, title()))
                            return error(errc::bad_value, "this is no ledger, or one of a later version");
                    } else {
                        SCEPKIT_TRY(auto const summary, detail::summarise(r.body));
                        SCEPKIT_TRY(auto const transaction, keys.transaction(summary.transaction_id));
                        SCEPKIT_TRY(auto change, change_of(summary, transaction));
                        change.where.offset = r.offset;
                        change.where.size = gsl::narrow<std::uint32_t>(r.size);
                        index.apply(index.prepare(change));
                    }
                    last = r.check;
                    return success();
                }));
    repaired = gsl::narrow<std::size_t>(size - end);
    SCEPKIT_CHECK(file.cut(end));
    if(end == 0) {
        SCEPKIT_TRY(auto const record, keys.chain.frame(last, title()));
        SCEPKIT_CHECK(file.append(record));
        last = detail::ledger_chain::check_of(record);
    }
    // What the process before wrote and did not wait for is promised from now on.
    return options.promise == file_ledger_options::durability::power ? file.sync() : success();
}

result<ledger_entry> file_ledger::state::read(place const& where) const
{
    // The predecessor's check ends right before the record, so that the record can be checked by itself.
    bytes buffer(detail::ledger_chain::check_size + where.size);
    SCEPKIT_CHECK(file.read(where.offset - detail::ledger_chain::check_size, buffer));
    auto const record = bytes_view(buffer).subspan(detail::ledger_chain::check_size);
    auto const body = keys.chain.unframe(key_from<check>(buffer), record);
    if(!body)
        return detail::at_record(body.error(), file.path(), where.offset);
    auto entry = keys.entries.decode(*body);
    if(!entry)
        return detail::at_record(entry.error(), file.path(), where.offset);
    return entry;
}

/// Whether `next` may follow, and what it frees.
result<bytes> file_ledger::state::judge(ledger_entry const& next, place const* known) const
{
    auto const was_reserved = known != nullptr && known->stage == stage::reserved;
    if(next.stage == stage::reserved && !next.spends.empty() && index.is_spent(key_from<spent_key>(next.spends))) {
        if(!was_reserved)
            return detail::already_spent(next.transaction_id);
        SCEPKIT_TRY(auto const reservation, read(*known));
        if(!detail::is_same_reservation(reservation, next))
            return detail::already_spent(next.transaction_id);
    }
    if(next.stage != stage::released || !was_reserved)
        return bytes();
    SCEPKIT_TRY(auto const reservation, read(*known));
    return reservation.spends;
}

result<void> file_ledger::state::put(ledger_entry const& entry)
{
    SCEPKIT_CHECK(detail::check_entry(entry));
    SCEPKIT_TRY(auto const transaction, keys.transaction(as_bytes(entry.transaction_id)));
    // Encrypting and encoding are the long part, and need the lock only where a reservation is given back.
    std::optional<draft> record;
    if(entry.stage != stage::released) {
        SCEPKIT_TRY(record, draw_up(entry, transaction, {}));
    }
    std::unique_lock lock(mutex);
    SCEPKIT_TRY(auto const frees, judge(entry, index.find(transaction)));
    if(!record) {
        SCEPKIT_TRY(record, draw_up(entry, transaction, frees));
    }
    auto const waits = options.promise == file_ledger_options::durability::power;
    waiter me;
    SCEPKIT_CHECK(append(*std::move(record), waits ? &me : nullptr));
    return waits ? wait_until_safe(lock, me) : success();
}

/// Writes and indexes; with `who`, remembers how to take that back.
result<void> file_ledger::state::append(draft next, waiter* who)
{
    SCEPKIT_TRY(auto const record, keys.chain.frame(last, next.body));
    auto const offset = file.end();
    next.change.where.offset = offset;
    next.change.where.size = gsl::narrow<std::uint32_t>(record.size());
    // What can fail comes before the record is in the file.
    auto prepared = index.prepare(next.change);
    std::list<pending> waiting;
    if(who != nullptr)
        waiting.push_back({{}, last, offset, who});
    SCEPKIT_CHECK(file.append(record));
    auto undo = index.apply(std::move(prepared));
    last = detail::ledger_chain::check_of(record);
    if(who != nullptr) {
        waiting.back().change = std::move(undo);
        unsafe.splice(unsafe.end(), waiting);
    }
    return success();
}

/// The first who waits synchronises the file for all whose records are written by then; those who come meanwhile wait
/// for the next turn, which one of them takes. `unsafe` knows who waits, so nobody may leave early: no memory is asked
/// for here.
result<void> file_ledger::state::wait_until_safe(std::unique_lock<std::mutex>& lock, waiter& me)
{
    while(!me.is_safe && !me.failed) {
        if(is_syncing) {
            synced.wait(lock);
            continue;
        }
        auto const count = unsafe.size();
        is_syncing = true;
        lock.unlock();
        auto const reason = file.try_sync();
        lock.lock();
        is_syncing = false;
        if(reason == 0) {
            for(std::size_t i = 0; i != count; ++i) {
                unsafe.front().who->is_safe = true;
                unsafe.pop_front();
            }
        } else {
            take_back_unsafe(cannot_synchronise(reason));
        }
        synced.notify_all();
    }
    if(me.failed)
        return *me.failed;
    return success();
}

error file_ledger::state::cannot_synchronise(int reason) const noexcept
{
    try {
        return file.failed("synchronising", reason);
    } catch(std::bad_alloc const&) { // Then the code has to do.
        return errc::io_failed;
    }
}

/// After a failed synchronisation nobody knows which pages are stored, and a second try may wrongly succeed: all that
/// was not safe is cut away, and its writers are told.
void file_ledger::state::take_back_unsafe(error const& why) noexcept
{
    while(!unsafe.empty()) {
        auto& newest = unsafe.back();
        index.take_back(std::move(newest.change));
        last = newest.last_before;
        file.try_cut(newest.end_before); // Or by the next append.
        newest.who->failed = why;
        unsafe.pop_back();
    }
}

result<std::shared_ptr<file_ledger>> file_ledger::open(std::string const& directory, file_ledger_options options)
{
    auto& random = options.random != nullptr ? *options.random : system_random();
    SCEPKIT_CHECK(detail::make_private_directory(directory));
    // The ledger is made before its secret; where only the secret is left, somebody lost what was issued.
    if(detail::exists(directory + "/secret") && !detail::exists(directory + "/ledger"))
        return error(errc::bad_value,
                     diagnostics{.message = directory + " has the secret of a ledger and no ledger; bring it back, or "
                                                        "remove the secret to begin anew",
                                 .layer = "ledger"});
    SCEPKIT_TRY(auto file, detail::append_file::open(directory + "/ledger"));
    SCEPKIT_TRY(auto const master, read_secret(directory + "/secret", file.end() == 0, random));
    SCEPKIT_TRY(auto keys, ledger_keys::derive(master.view()));
    auto made = std::make_unique<state>(options, std::move(keys), std::move(file));
    SCEPKIT_CHECK(made->load());
    return std::shared_ptr<file_ledger>(new file_ledger(std::move(made)));
}

file_ledger::file_ledger(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
file_ledger::~file_ledger() = default;

result<std::optional<ledger_entry>> file_ledger::find(std::string const& transaction_id)
{
    SCEPKIT_TRY(auto const key, state_->keys.transaction(as_bytes(transaction_id)));
    std::unique_lock lock(state_->mutex);
    auto const* known = state_->index.find(key);
    if(known == nullptr)
        return std::optional<ledger_entry>();
    auto const where = *known;
    lock.unlock();
    SCEPKIT_TRY(auto entry, state_->read(where));
    return std::optional(std::move(entry));
}

result<void> file_ledger::put(ledger_entry entry) { return state_->put(entry); }

result<std::optional<pki::certificate>> file_ledger::find_certificate(bytes_view serial)
{
    SCEPKIT_TRY(auto const key, state_->keys.serial(serial));
    std::unique_lock lock(state_->mutex);
    auto const* known = state_->index.find_certificate(key);
    if(known == nullptr)
        return std::optional<pki::certificate>();
    auto const where = *known;
    lock.unlock();
    SCEPKIT_TRY(auto entry, state_->read(where));
    return entry.certificate;
}

result<std::vector<ledger_entry>> file_ledger::unfinished()
{
    std::unique_lock lock(state_->mutex);
    auto const places = state_->index.reserved();
    lock.unlock();
    std::vector<ledger_entry> out;
    for(auto const& where : places) {
        SCEPKIT_TRY(auto entry, state_->read(where));
        out.push_back(std::move(entry));
    }
    return out;
}

bytes_view file_ledger::secret() const noexcept { return state_->keys.given_out.view(); }

std::size_t file_ledger::repaired_bytes() const noexcept { return state_->repaired; }

std::size_t file_ledger::size() const noexcept
{
    std::lock_guard const lock(state_->mutex);
    return state_->index.size();
}

result<std::vector<ledger_entry>> file_ledger::history() const
{
    std::unique_lock lock(state_->mutex);
    auto const end = state_->file.end();
    lock.unlock();
    std::vector<ledger_entry> out;
    SCEPKIT_TRY(auto const read, detail::scan_records(state_->file, state_->keys.chain, end,
                                                      [&](detail::scanned_record const& r) -> result<void> {
                                                          if(r.offset == 0)
                                                              return success();
                                                          SCEPKIT_TRY(auto entry, state_->keys.entries.decode(r.body));
                                                          out.push_back(std::move(entry));
                                                          return success();
                                                      }));
    if(read != end)
        return detail::at_record(error(errc::bad_value, "the file was changed while in use"), state_->file.path(),
                                 read);
    return out;
}

} // namespace scepkit::inline v0::scep
