// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/pki/certificate.hpp>
#include <scepkit/scep/message.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::scep {

/// One transaction, as far as it has come.
struct ledger_entry {
    enum class stage {
        held,     ///< PENDING: the authorizer will be asked again at the next CertPoll.
        reserved, ///< Granted: this serial number, this time; a certificate may exist.
        issued,
        released, ///< Reserved once, and the issuer said that nothing was issued. What it spent is free again.
    };
    ledger_entry::stage stage{};
    std::string transaction_id;
    scep::message_type message_type = scep::message_type::pkcs_req;
    bytes owner;          ///< SHA-256 of the SubjectPublicKeyInfo that signed the message.
    bytes request_digest; ///< SHA-256 of the request; another request is another transaction.
    secret_bytes request; ///< DER of the request (the challenge is inside); held and reserved only.
    bytes signer;         ///< DER of the signer's certificate; held and reserved only.
    bool is_renewal = false;
    quirk_set tolerances;
    bytes spends;                                ///< Keyed hash of what the grant used up; empty: nothing.
    bytes serial;                                ///< From `reserved` on.
    time_point at{};                             ///< When the stage began; for `reserved` the grant's time.
    std::optional<pki::certificate> certificate; ///< issued
};
/// The type's name where the member of the same name hides it.
using ledger_stage = enum ledger_entry::stage;

/// What a responder has promised and done, one entry a transaction: the log from which every grant is replayed.
///
/// `put` returns when the entry is as safe as the implementation promises; nothing is told to a client before that.
/// Thread-safe. The responder sees to it that one transaction is handled by one thread at a time.
class SCEPKIT_API ledger
{
public:
    virtual ~ledger();
    virtual result<std::optional<ledger_entry>> find(std::string const& transaction_id) = 0;
    /// Replaces the transaction's entry. For `reserved` with `spends` (32 bytes): errc::already_spent where the same
    /// was spent and not released; checked and written in one step. Only the very same reservation (transaction,
    /// serial, `spends`) may be written twice. `released` frees what the transaction's reservation held; what was
    /// issued stays spent. errc::invalid_argument for an entry without what its stage needs.
    virtual result<void> put(ledger_entry entry) = 0;
    /// An issued certificate by serial number (INTEGER content octets). GetCert; certificates that renew themselves.
    virtual result<std::optional<pki::certificate>> find_certificate(bytes_view serial) = 0;
    /// Reserved and neither issued nor released: what a crash left. Oldest first.
    virtual result<std::vector<ledger_entry>> unfinished() = 0;
    /// 32 bytes that live as long as the ledger: key of the hashes in `spends`, rejection secret of keys in tokens.
    virtual bytes_view secret() const noexcept = 0;
};

/// In memory, least recently used out first once `capacity` transactions are known: of those that are issued or
/// released; if there are none, of those held; reserved ones last. Spent things are never forgotten (32 bytes each), so
/// a transaction that was forgotten cannot spend again what it spent.
SCEPKIT_API result<std::shared_ptr<ledger>> make_memory_ledger(std::size_t capacity = 10'000,
                                                               random_source& random = system_random());

struct file_ledger_options {
    enum class durability {
        process, ///< Survives the end of the process, kill -9 included: written, left to the system to store.
        power,   ///< Survives a power cut: fdatasync before `put` returns, one for all threads that wait.
    };
    durability promise = durability::power;
    random_source* random = nullptr; ///< Null: system_random().
};

/// An append-only file, one DER record an entry, each with a check (HMAC) over itself and its predecessor's check.
///
/// `directory` (created with mode 0700) holds "ledger" and "secret"; one process at a time (a lock; errc::file_exists
/// where another holds it). A record cut short at the end, as a crash leaves it, is dropped and reported in
/// `repaired_bytes`, and so are zeros that a power cut may leave there; anything else that is not as it was written is
/// errc::bad_value with its offset, and nothing is opened: a ledger that forgets is worse than one that stops. What no
/// check can show is a file that was set back to what it once was: keep it where only this program writes. Requests of
/// held and reserved entries are encrypted (AES-256-GCM) under a key that, like `secret()`, comes from "secret".
///
/// A full disk or another failure to write is errc::io_failed with the file and the reason; the entry is then as it was
/// before, in memory and on the disk, and the next `put` tries again. Where a synchronisation fails, that is so for all
/// records it was to make safe. Known transactions cost memory (about 200 bytes each); certificates are read back from
/// the file, errc::io_failed or bad_value where it was cut or changed meanwhile.
class SCEPKIT_API file_ledger final : public ledger
{
public:
    static result<std::shared_ptr<file_ledger>> open(std::string const& directory, file_ledger_options options = {});
    ~file_ledger() override;

    result<std::optional<ledger_entry>> find(std::string const& transaction_id) override;
    result<void> put(ledger_entry entry) override;
    result<std::optional<pki::certificate>> find_certificate(bytes_view serial) override;
    result<std::vector<ledger_entry>> unfinished() override;
    bytes_view secret() const noexcept override;

    std::size_t repaired_bytes() const noexcept;
    std::size_t size() const noexcept; ///< Transactions.
    /// Every record in order, for people and audits: all stages, not only the last.
    result<std::vector<ledger_entry>> history() const;

private:
    struct state;
    explicit file_ledger(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
