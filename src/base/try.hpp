// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

// Straight-line code over results, inside src/ only: SCEPKIT_TRY(auto x, parse(y)); uses x after it,
// or has returned parse's error. SCEPKIT_CHECK is for results without a value.
#define SCEPKIT_TRY_JOIN2(a, b) a##b
#define SCEPKIT_TRY_JOIN(a, b) SCEPKIT_TRY_JOIN2(a, b)
#define SCEPKIT_TRY_IMPL(temporary, declaration, ...)                                                                  \
    auto temporary = __VA_ARGS__;                                                                                      \
    if(!temporary)                                                                                                     \
        return temporary.error();                                                                                      \
    declaration = *std::move(temporary)
#define SCEPKIT_TRY(declaration, ...)                                                                                  \
    SCEPKIT_TRY_IMPL(SCEPKIT_TRY_JOIN(scepkit_try_, __COUNTER__), declaration, __VA_ARGS__)
#define SCEPKIT_CHECK(...)                                                                                             \
    if(auto scepkit_check = __VA_ARGS__; !scepkit_check)                                                               \
    return scepkit_check.error()
