// SPDX-License-Identifier: BSL-1.0
#include <scepkit/evidence/iis_log.hpp>

#include <evidence/detail/log_reader.hpp>

namespace scepkit::inline v0::evidence {

struct iis_log_reader::state : detail::log_reader {
    using detail::log_reader::log_reader;
};

iis_log_reader::iis_log_reader(std::string source_name, iis_reader_options options)
    : state_(std::make_unique<state>(options))
{
    state_->begin_source(std::move(source_name));
}

iis_log_reader::iis_log_reader(iis_log_reader&&) noexcept = default;
iis_log_reader& iis_log_reader::operator=(iis_log_reader&&) noexcept = default;
iis_log_reader::~iis_log_reader() = default;

void iis_log_reader::feed(std::string_view block) { state_->feed(block); }

result<void> iis_log_reader::next_source(std::string source_name)
{
    auto ended = state_->end_source();
    state_->begin_source(std::move(source_name));
    return ended;
}

result<facts::iis_summary> iis_log_reader::finish()
{
    auto ended = state_->end_source();
    if(!ended && !state_->read_anything())
        return ended.error();
    return state_->summary();
}

void iis_log_reader::on_entry(std::function<void(iis_entry const&)> sink) { state_->entry_sink = std::move(sink); }

} // namespace scepkit::inline v0::evidence
