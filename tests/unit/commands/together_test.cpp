// Which services the last deploy of several together has changed, by what the ledger tells of each.
#include "cli/commands/together.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands/asked.hpp"
#include "core/ledger/ledger.hpp"

using namespace deployctl;
using namespace deployctl::commands;
using ledger::RolloutRow;
using ledger::RolloutState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

// Histories are told oldest first here, and given newest first as the ledger gives them.
class History {
 public:
  History& deploys(const std::string& release, const std::string& together, RolloutState state = RolloutState::succeeded) {
    return add("deploy", release, together, state);
  }
  History& goes_back_to(const std::string& release) { return add("rollback", release, "", RolloutState::succeeded); }
  operator std::vector<RolloutRow>() const { return {rows_.rbegin(), rows_.rend()}; }

 private:
  History& add(const char* kind, const std::string& release, const std::string& together, RolloutState state) {
    static std::int64_t clock = 0;
    RolloutRow row;
    row.id = "r-" + std::to_string(++clock);
    row.kind = kind;
    row.release = sha256(release);
    row.state = state;
    row.started = WallTime(std::chrono::seconds(clock));
    row.order_json = Asked{"/shop.yaml", "", {}, together}.json();
    rows_.push_back(row);
    return *this;
  }
  std::vector<RolloutRow> rows_;
};

}  // namespace

TEST(Together, AreThoseOfTheNewestCommonName) {
  History store, web;
  store.deploys("s1", "t-1"), web.deploys("w1", "t-1");
  store.deploys("s2", "t-2"), web.deploys("w2", "t-2");
  EXPECT_THAT(changed_together({store, web}), ElementsAre(0, 1));
}

TEST(Together, OneThatDidNotChangeIsNotAmongThem) {
  History store, web;
  store.deploys("s1", "t-1"), web.deploys("w1", "t-1");
  store.deploys("s1", "t-2"), web.deploys("w2", "t-2");
  EXPECT_THAT(changed_together({store, web}), ElementsAre(1));
}

TEST(Together, WhatWasTakenBackCountsNoMore) {
  History store, web;
  store.deploys("s1", "t-1"), web.deploys("w1", "t-1");
  store.deploys("s2", "t-2"), web.deploys("w2", "t-2", RolloutState::rolled_back);
  store.goes_back_to("s1");
  EXPECT_THAT(changed_together({store, web}), ElementsAre(0, 1)) << "t-1 is on top again";
}

TEST(Together, OneThatWasDeployedAloneSinceIsNotAmongThem) {
  History store, web;
  store.deploys("s1", "t-1"), web.deploys("w1", "t-1");
  store.deploys("s2", "t-2"), web.deploys("w2", "t-2");
  store.deploys("s3", "");
  EXPECT_THAT(changed_together({store, web}), IsEmpty()) << "the newest is not of several";
}

TEST(Together, NothingIsKnownOfNobody) {
  EXPECT_THAT(changed_together({}), IsEmpty());
  EXPECT_THAT(changed_together({{}, {}}), IsEmpty());
}
