// SPDX-License-Identifier: BSL-1.0
#include <evidence/detail/attempts.hpp>

#include <scepkit/base/bytes.hpp>

#include <evidence/detail/fields.hpp>
#include <evidence/detail/hash.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace scepkit::inline v0::evidence::detail {

namespace {

constexpr log_time longest_gap = 120;    // A device that comes back later starts anew.
constexpr log_time longest_redirect = 5; // Between a 301 and the request that follows it.
constexpr int most_redirects_looked_at = 16;

bool later_by(log_time now, log_time then, log_time seconds) noexcept
{
    return now != no_time && then != no_time && now - then > seconds;
}

} // namespace

std::string time_text(log_time time)
{
    return time == no_time ? std::string() : to_iso8601(time_point(std::chrono::seconds(time)));
}

void append_shown(std::string& out, raw_line const& line, std::size_t most)
{
    auto const limit = out.size() + most;
    auto const add = [&](std::string_view part) { out.append(part.substr(0, limit - out.size())); };
    add(line.text.substr(0, line.cut_size == 0 ? line.text.npos : line.cut));
    if(line.cut_size != 0) {
        add("(" + std::to_string(line.cut_size) + "+bytes+not+shown)");
        add(line.text.substr(line.cut + line.cut_size));
    }
}

std::string shown(std::string_view raw)
{
    auto text = escape_controls(raw);
    if(text.size() > most_sample_bytes) {
        auto end = most_sample_bytes - 3;
        while(end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
            --end;
        text.resize(end);
        text += "...";
    }
    return text;
}

attempt_tracker::attempt_tracker(std::size_t most_open, std::size_t most_rows, std::uint64_t seed)
    : most_open_(std::max<std::size_t>(most_open, 1)), most_rows_(most_rows), seed_(seed)
{
}

attempt_tracker::client attempt_tracker::client_of(std::string_view user_agent) noexcept
{
    auto const starts = [&](std::string_view lower) {
        return equal_ignoring_case(user_agent.substr(0, lower.size()), lower);
    };
    auto const has = [&](std::string_view lower) { return contains_ignoring_case(user_agent, lower); };
    if(has("ndes+client") || has("ndes client"))
        return client::windows;
    if(starts("profiled/"))
        return client::ios;
    if(starts("mdmclient") || starts("certificateservice"))
        return client::macos;
    if(starts("dalvik/"))
        return client::android;
    // People and tools that look: they show the server's answers, not what a device does.
    if(has("powershell") || starts("mozilla/5") || starts("scepkit-doctor/") || starts("curl/") || starts("wget/"))
        return client::probe;
    return has("android") ? client::android : client::other;
}

attempt_tracker::client attempt_tracker::client_of(std::string_view user_agent, std::uint64_t hash) noexcept
{
    auto& slot = agents_[hash % agents_.size()];
    if(!slot.filled || slot.hash != hash)
        slot = {hash, client_of(user_agent), true};
    return slot.device;
}

std::string_view attempt_tracker::name_of(client c) noexcept
{
    switch(c) {
    case client::ios: return "ios";
    case client::macos: return "macos";
    case client::windows: return "windows";
    case client::android: return "android";
    case client::probe: return "probe";
    case client::other: break;
    }
    return "other";
}

void attempt_tracker::push_back(list& l, std::size_t kind, std::uint32_t index)
{
    attempts_[index].links[kind] = {l.last, no_index};
    (l.last == no_index ? l.first : attempts_[l.last].links[kind].next) = index;
    l.last = index;
    ++l.size;
}

void attempt_tracker::remove(list& l, std::size_t kind, std::uint32_t index)
{
    auto const [previous, next] = attempts_[index].links[kind];
    (previous == no_index ? l.first : attempts_[previous].links[kind].next) = next;
    (next == no_index ? l.last : attempts_[next].links[kind].previous) = previous;
    --l.size;
}

void attempt_tracker::add(scep_call const& call)
{
    while(by_age_.first != no_index && later_by(call.time, attempts_[by_age_.first].last, longest_gap))
        close(by_age_.first);
    auto const group_index = group_of(call);
    if(call.slash && follow_redirect(groups_[group_index], call))
        return;
    auto index = choose(groups_[group_index], call);
    if(index == no_index)
        index = open(group_index, call);
    auto& a = attempts_[index];
    append_call(a, index, call);
    touch(a, index, call);
}

std::uint32_t attempt_tracker::group_of(scep_call const& call)
{
    auto const agent = hash_of(call.user_agent, seed_);
    auto const address = hash_of(call.client_address, seed_), server = hash_of(call.s_ip, seed_);
    group_key const key{mix(mix(mix(address, server), agent), call.base),
                        mix(mix(mix(agent, call.base), address), server)};
    auto const found = group_table_.find(key.a, [&](std::uint32_t i) { return groups_[i].key == key; });
    if(found != no_index)
        return found;
    std::uint32_t index;
    if(free_groups_.empty()) {
        index = static_cast<std::uint32_t>(groups_.size());
        groups_.emplace_back();
    } else {
        index = free_groups_.back();
        free_groups_.pop_back();
    }
    auto& g = groups_[index];
    g.key = key;
    g.device = client_of(call.user_agent, agent);
    group_table_.insert(key.a, index);
    return index;
}

bool attempt_tracker::follow_redirect(group& g, scep_call const& call)
{
    auto const op = static_cast<std::size_t>(call.op);
    auto index = g.redirected[op].first;
    for(int looked = 0; index != no_index && looked < most_redirects_looked_at; ++looked) {
        auto& a = attempts_[index];
        auto const next = a.links[by_redirect + op].next;
        auto const r = a.redirects[op];
        if(later_by(call.time, r.time, longest_redirect)) {
            end_redirect(a, index, op);
        } else if(r.query_hash == call.query_hash) {
            end_redirect(a, index, op);
            auto& calls = a.shape.calls[op];
            auto& size = a.shape.size[op];
            calls[r.index].then = call.status;
            if(r.index != 0 && r.index + 1 == size && calls[r.index] == calls[r.index - 1]) {
                --size;
                calls[size] = {};
            }
            touch(a, index, call);
            return true;
        }
        index = next;
    }
    return false;
}

void attempt_tracker::end_redirect(attempt& a, std::uint32_t index, std::size_t op)
{
    remove(groups_[a.group].redirected[op], by_redirect + op, index);
    a.redirects[op].open = false;
}

// The attempt that this call belongs to, the oldest where several fit; no_index if it begins a new one.
std::uint32_t attempt_tracker::choose(group& g, scep_call const& call)
{
    auto const take = [&](list const& l) {
        auto& a = attempts_[l.first];
        a.ambiguous = a.ambiguous || l.size > 1;
        return l.first;
    };
    auto const& waiting = g.waiting;
    switch(call.op) {
    case operation::ca_caps:
        if(waiting[cert_only].size != 0)
            return take(waiting[cert_only]);
        // jscep, which Android's clients use, asks for the capabilities a second time.
        if(g.device == client::android && waiting[both].size != 0 && !attempts_[waiting[both].first].second_caps) {
            auto const index = take(waiting[both]);
            attempts_[index].second_caps = true;
            return index;
        }
        return no_index;
    case operation::ca_cert: return waiting[caps_only].size != 0 ? take(waiting[caps_only]) : no_index;
    default: break;
    }
    if(waiting[both].size != 0)
        return take(waiting[both]);
    auto const caps = waiting[caps_only].first, cert = waiting[cert_only].first;
    if(caps != no_index || cert != no_index) {
        bool const older = cert == no_index || (caps != no_index && attempts_[caps].order < attempts_[cert].order);
        auto const index = take(waiting[older ? caps_only : cert_only]);
        attempts_[index].ambiguous = attempts_[index].ambiguous || (caps != no_index && cert != no_index);
        return index;
    }
    // A poll or a retry.
    if(waiting[done].size > 1)
        attempts_[waiting[done].last].ambiguous = true;
    return waiting[done].last;
}

std::uint32_t attempt_tracker::open(std::uint32_t group_index, scep_call const& call)
{
    auto& g = groups_[group_index];
    ++g.open; // First, so that making room below cannot remove the group.
    if(attempts_.size() - free_attempts_.size() >= most_open_)
        close(by_age_.first);
    std::uint32_t index;
    if(free_attempts_.empty()) {
        index = static_cast<std::uint32_t>(attempts_.size());
        attempts_.emplace_back();
    } else {
        index = free_attempts_.back();
        free_attempts_.pop_back();
    }
    auto& a = attempts_[index];
    auto text = std::move(a.text);
    a = {};
    a.text = std::move(text); // Its capacity is worth keeping.
    a.text.clear();
    a.group = group_index;
    a.order = ++order_;
    a.first = a.last = call.time;
    a.usual = call.usual;
    a.shape.base = call.base;
    a.shape.device = g.device;
    a.now = states;
    push_back(by_age_, by_age, index);
    return index;
}

void attempt_tracker::append_call(attempt& a, std::uint32_t index, scep_call const& call)
{
    auto& g = groups_[a.group];
    auto const op = static_cast<std::size_t>(call.op);
    auto& calls = a.shape.calls[op];
    auto& size = a.shape.size[op];
    if(a.redirects[op].open)
        end_redirect(a, index, op);
    hop const next{call.status, 0};
    bool const again = size != 0 && calls[size - 1u] == next;
    if(!again && size == most_calls) {
        a.shape.more[op] = 1;
    } else {
        if(!again)
            calls[size++] = next;
        if(call.status == 301) {
            a.redirects[op] = {call.query_hash, call.time, static_cast<std::uint8_t>(size - 1), true};
            push_back(g.redirected[op], by_redirect + op, index);
        }
    }
    auto const& sizes = a.shape.size;
    auto const now = sizes[static_cast<std::size_t>(operation::pki)] != 0       ? done
                     : sizes[static_cast<std::size_t>(operation::ca_caps)] == 0 ? cert_only
                     : sizes[static_cast<std::size_t>(operation::ca_cert)] == 0 ? caps_only
                                                                                : both;
    if(now != a.now) {
        if(a.now != states)
            remove(g.waiting[a.now], by_state, index);
        push_back(g.waiting[now], by_state, index);
        a.now = now;
        a.shape.complete = now == done;
    }
}

void attempt_tracker::touch(attempt& a, std::uint32_t index, scep_call const& call)
{
    if(call.time != no_time) {
        a.first = a.first == no_time ? call.time : std::min(a.first, call.time);
        a.last = std::max(a.last, call.time);
    }
    if(by_age_.last != index) {
        remove(by_age_, by_age, index);
        push_back(by_age_, by_age, index);
    }
    if(a.sample_count == most_samples)
        return;
    append_shown(a.text, call.raw, most_sample_bytes);
    a.samples[a.sample_count++] = {call.line, call.time, call.source, static_cast<std::uint32_t>(a.text.size())};
}

void attempt_tracker::close(std::uint32_t index)
{
    auto& a = attempts_[index];
    count(a);
    auto& g = groups_[a.group];
    for(std::size_t op = 0; op < operations; ++op)
        if(a.redirects[op].open)
            end_redirect(a, index, op);
    remove(g.waiting[a.now], by_state, index);
    remove(by_age_, by_age, index);
    free_attempts_.push_back(index);
    if(--g.open == 0) {
        group_table_.erase(g.key.a, a.group);
        free_groups_.push_back(a.group);
        g = {};
    }
}

void attempt_tracker::close_all()
{
    while(by_age_.first != no_index)
        close(by_age_.first);
}

void attempt_tracker::count(attempt const& a)
{
    static_assert(std::has_unique_object_representations_v<shape>);
    auto const hash = hash_of({reinterpret_cast<char const*>(&a.shape), sizeof(shape)}, seed_);
    auto index = row_table_.find(hash, [&](std::uint32_t i) { return rows_[i].shape == a.shape; });
    if(index == no_index) {
        if(rows_.size() >= most_rows_ || (!a.usual && unusual_rows_ >= most_rows_ / 2)) {
            ++dropped_;
            return;
        }
        unusual_rows_ += a.usual ? 0 : 1;
        index = static_cast<std::uint32_t>(rows_.size());
        row_table_.insert(hash, index);
        rows_.push_back({.shape = a.shape,
                         .first = a.first,
                         .last = a.last,
                         .samples = {a.samples.begin(), a.samples.begin() + a.sample_count},
                         .text = a.text});
    }
    auto& r = rows_[index];
    ++r.count;
    r.ambiguous += a.ambiguous ? 1 : 0;
    if(a.first != no_time && (r.first == no_time || a.first < r.first))
        r.first = a.first;
    r.last = std::max(r.last, a.last);
}

std::string attempt_tracker::text_of(shape const& s) const
{
    constexpr std::string_view names[operations] = {"caps:", "cert:", "pki:"};
    std::string out;
    for(std::size_t op = 0; op < operations; ++op) {
        if(s.size[op] == 0)
            continue;
        out += out.empty() ? "" : " ";
        out += names[op];
        for(std::size_t i = 0; i < s.size[op]; ++i) {
            auto const& call = s.calls[op][i];
            out += i == 0 ? "" : ",";
            out += std::to_string(call.status);
            if(call.then != 0)
                out += '>' + std::to_string(call.then);
        }
        out += s.more[op] != 0 ? ",…" : "";
    }
    return out;
}

std::vector<facts::iis_attempt_count> attempt_tracker::rows(std::vector<std::string> const& base_names,
                                                            std::vector<std::string> const& source_names) const
{
    std::vector<facts::iis_attempt_count> out;
    for(auto const& r : rows_) {
        auto& o = out.emplace_back(facts::iis_attempt_count{.base_stem = base_names[r.shape.base],
                                                            .client = std::string(name_of(r.shape.device)),
                                                            .shape = text_of(r.shape),
                                                            .complete = r.shape.complete != 0,
                                                            .count = r.count,
                                                            .ambiguous = r.ambiguous,
                                                            .first = time_text(r.first),
                                                            .last = time_text(r.last)});
        std::uint32_t begin = 0;
        for(auto const& s : r.samples) {
            o.samples.push_back({.source = source_names[s.source],
                                 .line = s.line,
                                 .time = time_text(s.time),
                                 .text = shown(std::string_view(r.text).substr(begin, s.end - begin))});
            begin = s.end;
        }
    }
    return out;
}

} // namespace scepkit::inline v0::evidence::detail
