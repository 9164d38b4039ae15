// Which services the newest deploy of several together has changed, by what the ledger records of each.
#include "cli/flows/service_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/session/rollout_request.hpp"
#include "core/rollout/rollback/release_order.hpp"

using namespace deployctl;
using namespace deployctl::cli;
using ledger::RolloutState;
using rollout::RecordedRollout;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

// Histories are told oldest first here, and given newest first as the ledger gives them.
class History {
 public:
  History& deploys(const std::string& release, const std::string& together,
                   RolloutState state = RolloutState::succeeded) {
    return add("deploy", release, together, state);
  }
  History& goes_back_to(const std::string& release) { return add("rollback", release, "", RolloutState::succeeded); }
  History& deploys_what_runs(const std::string& release, const std::string& together) {
    deploys(release, together);
    rows_.back().changed = false;
    return *this;
  }
  operator std::vector<RecordedRollout>() const { return {rows_.rbegin(), rows_.rend()}; }

 private:
  History& add(const char* kind, const std::string& release, const std::string& together, RolloutState state) {
    static std::int64_t clock = 0;
    ledger::RolloutRow row;
    row.id = "r-" + std::to_string(++clock);
    row.kind = kind;
    row.release = sha256(release);
    row.state = state;
    row.started = WallTime(std::chrono::seconds(clock));
    row.order_json = RolloutRequest{"/shop.yaml", "", {}, together}.json();
    rows_.push_back({row, true});
    return *this;
  }
  std::vector<RecordedRollout> rows_;
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
  store.deploys_what_runs("s1", "t-2"), web.deploys("w2", "t-2");
  EXPECT_THAT(changed_together({store, web}), ElementsAre(1));
}

// Each of them decides for itself that there is nothing more to undo; one that was not reached yet is gone on with.
TEST(Together, AreTheSameWhenSomeWereRolledBackAlready) {
  History store, web;
  store.deploys("s1", "t-1"), web.deploys("w1", "t-1");
  store.deploys("s2", "t-2"), web.deploys("w2", "t-2", RolloutState::rolled_back);
  EXPECT_THAT(changed_together({store, web}), ElementsAre(0, 1));
  store.goes_back_to("s1");
  EXPECT_THAT(changed_together({store, web}), ElementsAre(0, 1)) << "and never those of t-1";
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
