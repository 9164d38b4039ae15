// Which artifacts a new one is coded against ahead of its deploy.
#include "cli/flows/delta_precomputation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::cli;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

BaseCandidate ran(const std::string& version) { return {sha256(version), version}; }
artifact::ArtifactRecord built(const std::string& version, const std::string& service = "redis") {
  artifact::ArtifactRecord record;
  record.digest = sha256(version);
  record.service = service;
  record.version = version;
  return record;
}
const Digest next = sha256("next");

}  // namespace

TEST(LikelyBases, AreWhatRanThenWhatWasBuiltTwoOfEach) {
  const auto bases =
      likely_bases(next, "redis", {ran("5"), ran("4"), ran("3")}, {built("next"), built("8"), built("7"), built("6")});
  EXPECT_THAT(bases, ElementsAre(ran("5"), ran("4"), ran("8"), ran("7")));
}

TEST(LikelyBases, NameAnArtifactOnceAndNeverTheNewOne) {
  EXPECT_THAT(likely_bases(next, "redis", {ran("next"), ran("5"), ran("5")}, {built("next"), built("5"), built("4")}),
              ElementsAre(ran("5"), ran("4")));
  EXPECT_THAT(likely_bases(next, "redis", {}, {built("next")}), IsEmpty());
}

TEST(LikelyBases, AreOfTheSameService) {
  EXPECT_THAT(likely_bases(next, "redis", {}, {built("5", "nginx"), built("4")}), ElementsAre(ran("4")));
}

TEST(LikelyBases, ADeploymentOfNothingIsNoBase) {
  EXPECT_THAT(likely_bases(next, "redis", {BaseCandidate{}}, {}), IsEmpty());
}
