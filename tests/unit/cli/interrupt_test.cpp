#include "cli/session/interrupt.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>

using namespace deployctl::cli;

namespace {

// Each in a process of its own: a signal that came once is never forgotten.
TEST(InterruptDeathTest, TheFirstSignalIsAWishAndIsRemembered) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto first = [](int number) {
    Interrupt::install();
    if (Interrupt::signal() != 0 || Interrupt::token().cancelled()) std::exit(1);
    std::raise(number);
    pollfd waits{Interrupt::token().fd(), POLLIN, 0};
    if (::poll(&waits, 1, 0) != 1 || !Interrupt::token().cancelled()) std::exit(2);
    std::exit(Interrupt::exit_code());
  };
  EXPECT_EXIT(first(SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(first(SIGTERM), ::testing::ExitedWithCode(143), "");
}

TEST(InterruptDeathTest, TheSecondOneEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto twice = [] {
    Interrupt::install();
    std::raise(SIGTERM);
    std::raise(SIGINT);
    std::exit(1);
  };
  EXPECT_EXIT(twice(), ::testing::ExitedWithCode(130), "");
}

TEST(InterruptDeathTest, WhatWasIgnoredStaysIgnored) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto nohup = [] {
    std::signal(SIGHUP, SIG_IGN);
    Interrupt::install();
    std::raise(SIGHUP);
    std::exit(Interrupt::signal() == 0 ? 7 : 1);
  };
  EXPECT_EXIT(nohup(), ::testing::ExitedWithCode(7), "");
}

TEST(InterruptToken, WithoutASignalAnEndForAnotherReasonIsCtrlCs) { EXPECT_EQ(Interrupt::exit_code(), 130); }

}  // namespace
