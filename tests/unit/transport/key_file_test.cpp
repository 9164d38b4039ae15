#include "core/transport/key_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/transport/encoding.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using transport::detail::load_key_file;

TEST(KeyFile, TellsEachKindApart) {
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"ed25519", "ssh-ed25519"}, {"ecdsa", "ecdsa-sha2-nistp256"}, {"rsa", "ssh-rsa"}};
  for (const auto& [kind, type] : kinds) {
    const auto loaded = load_key_file(key(kind, "a").path);
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(loaded->type, type);
    EXPECT_FALSE(loaded->locked);
    EXPECT_EQ(transport::detail::fingerprint_of(loaded->blob), key(kind, "a").fingerprint);
  }
}

TEST(KeyFile, ALockedKeyStillShowsItsPublicHalf) {
  const auto& locked = locked_key("a", "secret");
  const auto loaded = load_key_file(locked.path);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_TRUE(loaded->locked);
  EXPECT_EQ(transport::detail::fingerprint_of(loaded->blob), locked.fingerprint);
}

TEST(KeyFile, ReadsTheOlderPemForms) {
  const TempDir dir;
  for (const std::string kind : {"ecdsa", "rsa"}) {
    const std::string open = dir / (kind + "-open"), locked = dir / (kind + "-locked");
    check_program({"ssh-keygen", "-q", "-m", "PEM", "-t", kind, "-N", "", "-f", open});
    check_program({"ssh-keygen", "-q", "-m", "PEM", "-t", kind, "-N", "secret", "-f", locked});
    const auto first = load_key_file(open);
    ASSERT_TRUE(first) << first.error().text();
    EXPECT_EQ(first->type, kind == "rsa" ? "ssh-rsa" : "ecdsa-sha2-nistp256");
    EXPECT_FALSE(first->locked);
    const auto second = load_key_file(locked);
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_TRUE(second->locked);
  }
}

TEST(KeyFile, WhatIsNoKeyIsInvalidAndWhatIsNotThereAbsent) {
  const TempDir dir;
  EXPECT_EQ(load_key_file(dir.write("x", "hello")).error().code, Code::invalid);
  EXPECT_EQ(load_key_file(dir.write("y", key("ed25519", "a").public_line)).error().code, Code::invalid);
  EXPECT_EQ(load_key_file(dir / "none").error().code, Code::not_found);
}
