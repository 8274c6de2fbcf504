// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cli/tools.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <thread>
#include <vector>

namespace scepkit::test {

using tool_function = int (*)(std::vector<std::string> const&, cli::streams const&);

struct tool_result {
    int code = -1;
    std::string out;
    std::string err;
};

/// Runs a tool to its end.
inline tool_result run_tool(tool_function tool, std::vector<std::string> const& arguments)
{
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    std::atomic<bool> const stop{false};
    tool_result result;
    result.code = tool(arguments, {.in = in, .out = out, .err = err, .stop = stop});
    result.out = out.str();
    result.err = err.str();
    return result;
}

/// A tool that serves until it is told to stop, on a thread of its own.
class running_tool
{
public:
    running_tool(tool_function tool, std::vector<std::string> arguments)
        : thread_([this, tool, list = std::move(arguments)] {
              std::ostream out(&out_);
              std::ostream err(&err_);
              std::istringstream in;
              code_ = tool(list, {.in = in, .out = out, .err = err, .stop = stop_});
              out_.close();
          })
    {
    }
    ~running_tool() { stop(); }
    running_tool(running_tool const&) = delete;
    running_tool& operator=(running_tool const&) = delete;

    /// The first line on stdout; empty if the tool ended without one.
    std::string first_line() { return out_.first_line(); }

    int stop()
    {
        stop_.store(true);
        if(thread_.joinable())
            thread_.join();
        return code_;
    }
    std::string out() { return out_.text(); }
    std::string err() { return err_.text(); }

private:
    /// A stream buffer that one thread fills and another reads.
    class shared_buffer final : public std::streambuf
    {
    public:
        std::string first_line()
        {
            std::unique_lock lock(mutex_);
            // Only a broken tool waits here for long: keys are made, then the line comes.
            changed_.wait_for(lock, std::chrono::seconds(60),
                              [this] { return closed_ || text_.find('\n') != std::string::npos; });
            return text_.substr(0, std::min(text_.find('\n'), text_.size()));
        }
        std::string text()
        {
            std::lock_guard const lock(mutex_);
            return text_;
        }
        void close()
        {
            std::lock_guard const lock(mutex_);
            closed_ = true;
            changed_.notify_all();
        }

    private:
        int_type overflow(int_type c) override
        {
            if(!traits_type::eq_int_type(c, traits_type::eof())) {
                auto const one = traits_type::to_char_type(c);
                xsputn(&one, 1);
            }
            return traits_type::not_eof(c);
        }
        std::streamsize xsputn(char const* data, std::streamsize size) override
        {
            std::lock_guard const lock(mutex_);
            text_.append(data, static_cast<std::size_t>(size));
            changed_.notify_all();
            return size;
        }

        std::mutex mutex_;
        std::condition_variable changed_;
        std::string text_;
        bool closed_ = false;
    };

    std::atomic<bool> stop_{false};
    int code_ = -1;
    shared_buffer out_;
    shared_buffer err_;
    std::thread thread_; ///< Last: it uses the others.
};

} // namespace scepkit::test
