// Epochs that a lying host, or an earlier version which believed one, left on targets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "tests/support/lab.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const std::string absurd = "18446744073709551615";

// As an earlier version left it there.
void store_epoch(const Lab& lab, unsigned target, const std::string& epoch) {
  const std::string file = lab.place(0, target) + "/.deployctl/grant.json";
  const std::string text = std::regex_replace(read_text(file), std::regex("\"epoch\": *[0-9]+"), "\"epoch\":" + epoch);
  ASSERT_THAT(text, HasSubstr(epoch));
  std::ofstream(file) << text;
}

}  // namespace

TEST(Epochs, OneTargetOutOfRangeIsLeftOutAndNamedAndTheOthersGoOn) {
  Lab lab({.relays = 0, .targets = 4});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml"}).exit.code, 0);
  store_epoch(lab, 1, absurd);
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json"});
  EXPECT_EQ(said.exit.code, 8) << said.out << said.err;
  EXPECT_THAT(Lab::event(said.out, "target_unreachable"), HasSubstr("deployctl fleet repair-epoch"));
  EXPECT_EQ(lab.running(0, 0), "v2");
  EXPECT_EQ(lab.running(0, 1), "v1");
  EXPECT_THAT(read_text(lab.place(0, 0) + "/.deployctl/grant.json"), Not(HasSubstr("184467")))
      << "it spreads to no other target";
  const auto repaired = lab.deployctl({"fleet", "repair-epoch", "deploy.yaml"});
  EXPECT_EQ(repaired.exit.code, 0) << repaired.out << repaired.err;
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v2"));
}

TEST(Epochs, WhereEveryTargetIsOutOfRangeTheHintLeadsBack) {
  Lab lab({.targets = 3});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml"}).exit.code, 0);
  for (unsigned t = 0; t < 3; ++t) store_epoch(lab, t, absurd);
  const auto refused = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"});
  EXPECT_EQ(refused.exit.code, 6) << refused.out << refused.err;
  EXPECT_THAT(refused.out + refused.err, HasSubstr("deployctl fleet repair-epoch"));
  const auto repaired = lab.deployctl({"fleet", "repair-epoch", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(repaired.exit.code, 0) << repaired.out << repaired.err;
  EXPECT_THAT(repaired.out, HasSubstr("\"repaired\":true"));
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 0);
  EXPECT_EQ(lab.deployctl({"rollback", "deploy.yaml", "--to", "v1"}).exit.code, 0);
  EXPECT_TRUE(lab.all_run("v1"));
}

TEST(Epochs, WhatIsInRangeIsNotTouched) {
  Lab lab({.targets = 3});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml"}).exit.code, 0);
  const std::string before = read_text(lab.place(0, 0) + "/.deployctl/grant.json");
  const auto said = lab.deployctl({"fleet", "repair-epoch", "deploy.yaml"});
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("no target stores an epoch that needs repair"));
  EXPECT_EQ(read_text(lab.place(0, 0) + "/.deployctl/grant.json"), before);
}
