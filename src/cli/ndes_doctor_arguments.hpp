// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cli/common.hpp>

#include <scepkit/diagnosis/rule.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/scep/profile.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace scepkit::inline v0::cli {

/// What ndes-doctor was asked to do, checked.
struct doctor_request {
    std::optional<http::endpoint> url;
    std::vector<std::string> logs;     ///< --iis-log: read as IIS logs, whatever their first bytes look like.
    std::vector<std::string> evidence; ///< Files and folders whose kind is told from their content.
    enum class format { text, json };
    format output = format::text;
    enum class task { diagnose, explain, list_findings };
    task what = task::diagnose;
    std::string explain; ///< task::explain: the id.
    net::client_options client;
    scep::profile profile = scep::profile::ndes();
    diagnosis::expectation expected = diagnosis::expectation::any;
};

/// Arguments that cannot be followed: the sentence is said already where `said`.
struct doctor_refusal {
    std::string sentence;
    doctor_request::format output = doctor_request::format::text;
    enum class state { unsaid, said };
    state on_stderr = state::unsaid;
};

/// An int is the exit code of --help and --version, which were served.
std::variant<doctor_request, doctor_refusal, int> read_doctor_arguments(std::vector<std::string> const& arguments,
                                                                        streams const& s);

/// What a word without a dash is.
struct doctor_word {
    enum class kind {
        url,      ///< http:// or https://, or a name that gets https:// in front.
        evidence, ///< Something that exists.
        neither,
    };
    kind type = kind::neither;
    std::string value; ///< url: with scheme. neither: why not.
};
doctor_word read_doctor_word(std::string const& word);

} // namespace scepkit::inline v0::cli
