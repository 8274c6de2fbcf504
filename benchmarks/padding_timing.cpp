// SPDX-License-Identifier: BSL-1.0
// Whether the time of a responder's answer tells the padding of an encrypted key: six classes of probes in random
// order, each class compared with well-made padding by Wilcoxon's signed ranks and by the sign test, round by round.
//
//     scepkit-padding-timing [rounds, 10000]
//
// Prints for each class the median difference, both p-values and the smallest difference that this run would have
// found. Ends with 1 where a p-value is below 0.00001. For a quiet machine: it is not part of any test run.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <support/padding_probes.hpp>

namespace {

using namespace scepkit;
using namespace scepkit::test;

constexpr double alarm_level = 1e-5;
/// Normal deviates of a two-sided `alarm_level` and of a power of 80 %.
constexpr double alarm_deviate = 4.417;
constexpr double power_deviate = 0.842;

double two_sided(double z) { return std::erfc(std::fabs(z) / std::sqrt(2.0)); }

double median(std::vector<double> values)
{
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double sign_test(std::vector<double> const& differences)
{
    auto const above = static_cast<double>(std::ranges::count_if(differences, [](double d) { return d > 0; }));
    auto const n = static_cast<double>(std::ranges::count_if(differences, [](double d) { return d != 0; }));
    return n > 0 ? two_sided((2 * above - n) / std::sqrt(n)) : 1;
}

double signed_rank_test(std::vector<double> differences)
{
    std::erase(differences, 0.0);
    std::ranges::sort(differences, {}, [](double d) { return std::fabs(d); });
    auto const n = static_cast<double>(differences.size());
    double above = 0;
    for(std::size_t begin = 0; begin < differences.size();) {
        auto end = begin;
        while(end < differences.size() && std::fabs(differences[end]) == std::fabs(differences[begin]))
            ++end;
        auto const rank = (static_cast<double>(begin) + 1 + static_cast<double>(end)) / 2; // Of all that are equal.
        for(; begin < end; ++begin)
            above += differences[begin] > 0 ? rank : 0;
    }
    auto const deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
    return deviation > 0 ? two_sided((above - n * (n + 1) / 4) / deviation) : 1;
}

} // namespace

int main(int count, char** words)
{
    auto const rounds = count > 1 ? std::strtoul(words[1], nullptr, 10) : 10'000;
    if(rounds == 0) {
        std::fputs("scepkit-padding-timing [rounds]\n", stderr);
        return 2;
    }
    scripted_ca const ca;
    auto const responder = scep::responder::create(ca.options()).value();
    auto const& key = *ca.recipient().certificate.key();
    auto const signer = device{}.signer();
    std::vector<std::vector<double>> microseconds(padding_classes.size());
    std::vector<std::size_t> order(padding_classes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::mt19937 shuffle(4711);
    for(unsigned round = 0; round < rounds; ++round) {
        std::vector<bytes> messages;
        for(auto const& c : padding_classes)
            messages.push_back(
                make_message(ca, {.envelope = envelope_with(ca, raw_rsa(key, c.block(round + 1))), .signer = signer}));
        std::ranges::shuffle(order, shuffle);
        for(auto const which : order) {
            auto const start = std::chrono::steady_clock::now();
            auto const a = responder->pki_operation(messages[which], noon);
            auto const took = std::chrono::steady_clock::now() - start;
            if(a.http_status != 200)
                return 2;
            microseconds[which].push_back(std::chrono::duration<double, std::micro>(took).count());
        }
    }
    bool alarmed = false;
    std::printf("%lu rounds; well-made padding takes %.1f us (median)\n", rounds, median(microseconds[0]));
    for(std::size_t which = 1; which < padding_classes.size(); ++which) {
        std::vector<double> differences(rounds);
        for(std::size_t i = 0; i < rounds; ++i)
            differences[i] = microseconds[which][i] - microseconds[0][i];
        auto const middle = median(differences);
        auto distances = differences;
        for(auto& d : distances)
            d = std::fabs(d - middle);
        // Standard error of a median, its spread by the median of distances.
        auto const spread = 1.4826 * median(distances);
        auto const detectable =
            (alarm_deviate + power_deviate) * 1.2533 * spread / std::sqrt(static_cast<double>(rounds));
        auto const signs = sign_test(differences);
        auto const ranks = signed_rank_test(differences);
        alarmed = alarmed || signs < alarm_level || ranks < alarm_level;
        std::printf("%-28s %+8.3f us  sign p=%.3g  Wilcoxon p=%.3g  detectable from %.3f us%s\n",
                    padding_classes[which].name.c_str(), middle, signs, ranks, detectable,
                    signs < alarm_level || ranks < alarm_level ? "  ALARM" : "");
    }
    return alarmed ? 1 : 0;
}
