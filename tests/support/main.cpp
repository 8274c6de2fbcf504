// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <support/process.hpp>

namespace {

// A function of ours that leaves an entry in OpenSSL's queue makes a later, innocent call look guilty.
class empty_error_queue : public testing::EmptyTestEventListener
{
    void OnTestStart(testing::TestInfo const&) override { ERR_clear_error(); }
    void OnTestEnd(testing::TestInfo const& info) override
    {
        if(auto code = ERR_peek_error(); code != 0) {
            char text[256] = {};
            ERR_error_string_n(code, text, sizeof(text));
            ERR_clear_error();
            ADD_FAILURE() << info.test_suite_name() << '.' << info.name()
                          << " left an entry in OpenSSL's error queue: " << text;
        }
    }
};

} // namespace

int main(int argc, char** argv)
{
    scepkit::test::this_program = argv[0];
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new empty_error_queue);
    return RUN_ALL_TESTS();
}
