// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <pki/detail/openssl.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/scep/enrollment.hpp>

#include <initializer_list>
#include <utility>

namespace scepkit::inline v0::scep::detail {

error scep_error(errc code, std::string message, std::string reference = {});
result<bytes> draw(random_source& from, std::size_t size);

/// What every talk with a CA rests on: capabilities and certificates asked for, trust checked, messages built, their
/// replies checked. Enrolments and queries differ in what they say, not in whom they believe.
class conversation
{
public:
    conversation(ca_trust t, enrollment_options o) : options(std::move(o)), trust(std::move(t)) {}

    /// Options that the floor or the profile forbids, whatever a server offers: errc::capability_floor,
    /// algorithm_not_allowed, invalid_argument. `signing`: the kind of key that will sign.
    static result<void> check(enrollment_options const& options, std::optional<pki::key_kind> signing);

    send ask_capabilities();
    /// Next: GetCACert.
    result<send> on_capabilities(reply const& r);
    /// The same where nothing came back.
    result<send> on_no_capabilities(error const& why);
    result<void> on_ca_certificates(reply const& r, time_point now);
    /// What a saved conversation knew.
    result<void> resume(capabilities known, cms::certificate_bag const& bag, time_point now);

    send ask_next_ca();
    /// A message to the CA, with a nonce of its own.
    result<send> say(message_type type, bytes_view content, pki::certificate const& signer,
                     pki::private_key const& key);
    /// The very same bytes once more.
    send again() const { return last_; }
    /// Again by GET, where a POST was answered with nothing and the profile knows such servers.
    std::optional<send> again_by_get(reply const& r);
    /// A CertRep of the trusted CA that answers the last message.
    result<verified_message> hear(reply const& r);
    rejected refusal(message_attributes const& attributes) const;

    result<void> check_http(reply const& r, operation o) const;
    result<void> check_media_type(reply const& r, std::initializer_list<std::string_view> expected);
    random_source& random() const { return options.random != nullptr ? *options.random : system_random(); }
    void trace(std::string_view name, std::string detail) const;

    enrollment_options options;
    ca_trust trust;
    capabilities offered;
    negotiated agreed;
    std::optional<ca_identity> identity;
    std::string transaction_id;
    secret_bytes challenge; ///< Of the request; what goes to a CA whose key only signs is encrypted under it.
    quirk_set tolerances;

private:
    result<void> agree();
    result<bytes> seal(bytes_view content) const;
    send ask_ca_certificates() const;

    send last_;
    bytes nonce_;
};

/// The order of a transaction, the same for all: capabilities, certificates, then what the derived class has to say.
/// A transaction that failed once stays failed: no second try with a state that is half of something.
template <class Outcome>
class talk
{
public:
    using step = typename transaction<Outcome>::step;

    talk(ca_trust trust, enrollment_options options) : ca(std::move(trust), std::move(options)) {}
    virtual ~talk() = default;
    talk(talk const&) = delete;
    talk& operator=(talk const&) = delete;

    result<step> start()
    {
        if(at != place::before_start)
            return misuse("a transaction starts once");
        return settle([&] { return first(); });
    }
    result<step> on_reply(reply const& r, time_point now)
    {
        if(at != place::capabilities && at != place::ca_certificates && at != place::asking)
            return misuse("nothing was sent that this could answer");
        pki::detail::queue_guard const guard;
        return settle([&] { return next(r, now); });
    }
    result<step> on_timer()
    {
        if(at != place::waiting)
            return misuse("the transaction waits for no timer");
        return settle([&] { return after_wait(); });
    }
    result<step> on_no_reply(error const& why)
    {
        if(at != place::capabilities && at != place::ca_certificates && at != place::asking)
            return misuse("nothing was sent that could stay without an answer");
        return settle([&] {
            return at == place::capabilities ? ask_certificates(ca.on_no_capabilities(why)) : result<step>(why);
        });
    }

protected:
    enum class place { before_start, capabilities, ca_certificates, asking, waiting, done };

    /// What the transaction begins with.
    virtual result<step> first()
    {
        at = place::capabilities;
        return step{ca.ask_capabilities()};
    }
    /// The CA is believed: what is said to it. Sets nothing but what it needs; the answer goes to `on_answer`.
    virtual result<step> on_trusted(time_point now) = 0;
    virtual result<step> on_answer(reply const& r, time_point now) = 0;
    /// The server said 503 and when to come back. Nothing: the status is an error as any other.
    virtual result<std::optional<step>> on_busy(reply const&, time_point) { return std::optional<step>{}; }
    virtual result<step> after_wait() { return misuse("the transaction waits for no timer"); }

    static error misuse(std::string message) { return scep_error(errc::state_misuse, std::move(message)); }

    conversation ca;
    place at = place::before_start;

private:
    result<step> next(reply const& r, time_point now)
    {
        if(r.http_status == 503 && r.retry_after) {
            auto pause = on_busy(r, now);
            if(!pause)
                return pause.error();
            if(*pause)
                return **std::move(pause);
        }
        switch(at) {
        case place::capabilities: return ask_certificates(ca.on_capabilities(r));
        case place::ca_certificates: {
            if(auto believed = ca.on_ca_certificates(r, now); !believed)
                return believed.error();
            at = place::asking;
            return on_trusted(now);
        }
        case place::asking: {
            if(auto once_more = ca.again_by_get(r))
                return step{*std::move(once_more)};
            return on_answer(r, now);
        }
        case place::before_start:
        case place::waiting:
        case place::done: break;
        }
        return misuse("nothing was sent that this could answer");
    }
    result<step> ask_certificates(result<send> what)
    {
        if(!what)
            return what.error();
        at = place::ca_certificates;
        return step{*std::move(what)};
    }
    template <class Work>
    result<step> settle(Work const& work)
    {
        try {
            auto next = work();
            if(!next || std::holds_alternative<Outcome>(*next))
                at = place::done;
            return next;
        } catch(...) {
            at = place::done;
            throw;
        }
    }
};

} // namespace scepkit::inline v0::scep::detail
