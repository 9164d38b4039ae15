#include "core/remote/agent_image.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using deployctl::testing::TempDir;

TEST(AgentImage, KnowsItsSizeAndDigest) {
  const TempDir dir;
  const auto image = remote::AgentImage::load(dir.write("agent", "bytes", 0755));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->size, 5u);
  EXPECT_EQ(image->digest, sha256(std::string_view("bytes")));
}

TEST(AgentImage, WhatIsNoFileOrEmptyIsRefused) {
  const TempDir dir;
  EXPECT_EQ(remote::AgentImage::load(dir / "none").error().code, Code::not_found);
  EXPECT_EQ(remote::AgentImage::load(dir.path()).error().code, Code::invalid);
  EXPECT_EQ(remote::AgentImage::load(dir.write("empty", "")).error().code, Code::invalid);
}

TEST(FindAgent, TheVariableWinsAndMustNameAProgram) {
  const TempDir dir;
  const std::string agent = dir.write("mine", "#!/bin/sh\n", 0755);
  ::setenv("DEPLOYCTL_AGENT", agent.c_str(), 1);
  EXPECT_EQ(remote::find_agent().value_or("none"), agent);
  ::setenv("DEPLOYCTL_AGENT", dir.write("text", "no program").c_str(), 1);
  EXPECT_EQ(remote::find_agent().error().code, Code::not_found);
  ::unsetenv("DEPLOYCTL_AGENT");
}
