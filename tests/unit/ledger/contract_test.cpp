#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/ledger/ledger_contract.hpp"

namespace deployctl::ledger {
namespace {

std::vector<std::string> ids(const Result<std::vector<RolloutRow>>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows.value()) out.push_back(row.id);
  return out;
}

std::vector<EventRow> numbered(std::uint64_t first, std::uint64_t last) {
  std::vector<EventRow> out;
  for (auto seq = first; seq <= last; ++seq)
    out.push_back({seq, at(static_cast<std::int64_t>(seq)), "{\"seq\":" + std::to_string(seq) + "}"});
  return out;
}

using Ids = std::vector<std::string>;

TEST_P(LedgerContract, KeepsEveryColumnOfARollout) {
  RolloutRow row = a_rollout("r-1");
  row.kind = "rollback";
  row.state = RolloutState::paused;
  row.release_json = R"({"version":"7.2.4"})";
  row.release = sha256("release");
  row.commit = "0123abcd";
  row.previous = "7.2.3 – the old one";
  row.user = "anna";
  row.host = "ctl-1";
  row.pid = std::numeric_limits<std::uint32_t>::max();
  row.pid_start = std::numeric_limits<std::uint64_t>::max();
  row.boot_id = "b00t";
  row.ended = at(9);
  row.summary_json = R"({"result":"paused"})";
  row.reason = "someone's 'words'; with \"quotes\"";
  row.order_json = R"({"plan":"/srv/plans/deploy.yaml"})";
  row.epoch = 41;
  ASSERT_TRUE(ledger->add_rollout(row));
  const auto read = open_again()->rollout("r-1");
  ASSERT_TRUE(read && *read);
  const RolloutRow& back = **read;
  EXPECT_EQ(back.service, row.service);
  EXPECT_EQ(back.environment, row.environment);
  EXPECT_EQ(back.kind, row.kind);
  EXPECT_EQ(back.state, row.state);
  EXPECT_EQ(back.version, row.version);
  EXPECT_EQ(back.release_json, row.release_json);
  EXPECT_EQ(back.release, row.release);
  EXPECT_EQ(back.commit, row.commit);
  EXPECT_EQ(back.previous, row.previous);
  EXPECT_EQ(back.user, row.user);
  EXPECT_EQ(back.host, row.host);
  EXPECT_EQ(back.pid, row.pid);
  EXPECT_EQ(back.pid_start, row.pid_start);
  EXPECT_EQ(back.boot_id, row.boot_id);
  EXPECT_EQ(back.started, row.started);
  EXPECT_EQ(back.ended, row.ended);
  EXPECT_EQ(back.summary_json, row.summary_json);
  EXPECT_EQ(back.reason, row.reason);
  EXPECT_EQ(back.order_json, row.order_json);
  EXPECT_EQ(back.epoch, row.epoch);
}

TEST_P(LedgerContract, RefusesARolloutTwice) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  RolloutRow again = a_rollout("r-1");
  again.version = "other";
  const auto second = ledger->add_rollout(again);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::exists);
  EXPECT_EQ((*ledger->rollout("r-1"))->version, "7.2.4");
}

TEST_P(LedgerContract, UpdatesARolloutThatIsThereOnly) {
  RolloutRow row = a_rollout("r-1");
  const auto before = ledger->update_rollout(row);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, Code::not_found);
  ASSERT_TRUE(ledger->add_rollout(row));
  row.state = RolloutState::succeeded;
  row.summary_json = "{}";
  ASSERT_TRUE(ledger->update_rollout(row));
  EXPECT_EQ((*ledger->rollout("r-1"))->state, RolloutState::succeeded);
}

// Two drive it, one of whom slept while the other took its grants.
TEST_P(LedgerContract, WhoeverLostHisGrantsHasNoSayAboutARollout) {
  RolloutRow awake = a_rollout("r-1");
  ASSERT_TRUE(ledger->add_rollout(awake));
  RolloutRow asleep = awake;
  asleep.epoch = 4;
  asleep.state = RolloutState::superseded;
  awake.epoch = 5;
  ASSERT_TRUE(ledger->update_rollout(awake));
  const auto late = open_again()->update_rollout(asleep);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::locked);
  EXPECT_EQ((*ledger->rollout("r-1"))->state, awake.state);
  awake.state = RolloutState::succeeded;
  EXPECT_TRUE(ledger->update_rollout(awake));
}

TEST_P(LedgerContract, FindsARolloutByTheBeginningOfItsId) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-20261124-0001")));
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-20261124-00019")));
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-20261125-0002")));
  EXPECT_EQ((*ledger->rollout("r-20261125"))->id, "r-20261125-0002");
  EXPECT_EQ((*ledger->rollout("r-20261124-0001"))->id, "r-20261124-0001");
  EXPECT_FALSE(ledger->rollout("r-2027")->has_value());
  EXPECT_FALSE(ledger->rollout("%")->has_value());
  const auto several = ledger->rollout("r-20261124");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, Code::invalid);
  EXPECT_NE(several.error().hint.find("r-20261124-00019"), std::string::npos);
  EXPECT_EQ(ledger->rollout("").error().code, Code::invalid);
}

TEST_P(LedgerContract, ListsUnfinishedOldestFirstAndHistoryNewestFirst) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-b", 20)));
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-a", 10)));
  RolloutRow over = a_rollout("r-c", 30);
  over.state = RolloutState::rolled_back;
  ASSERT_TRUE(ledger->add_rollout(over));
  RolloutRow paused = a_rollout("r-d", 30);
  paused.state = RolloutState::paused;
  ASSERT_TRUE(ledger->add_rollout(paused));
  RolloutRow foreign = a_rollout("r-e", 40);
  foreign.environment = "staging";
  ASSERT_TRUE(ledger->add_rollout(foreign));
  EXPECT_EQ(ids(ledger->unfinished("redis", "production")), (Ids{"r-a", "r-b", "r-d"}));
  EXPECT_EQ(ids(ledger->history("redis", "production", 3)), (Ids{"r-d", "r-c", "r-b"}));
  EXPECT_EQ(ids(ledger->history("redis", "production", SIZE_MAX)).size(), 4u);
  EXPECT_TRUE(ids(ledger->history("redis", "production", 0)).empty());
  EXPECT_TRUE(ids(ledger->history("memcached", "production", 9)).empty());
}

TEST_P(LedgerContract, NamesEachServiceOnceTheLastUsedFirst) {
  EXPECT_TRUE(ledger->services()->empty());
  RolloutRow other = a_rollout("r-b", 20);
  other.service = "memcached";
  for (const auto& row : {a_rollout("r-a", 10), other, a_rollout("r-c", 30)}) ASSERT_TRUE(ledger->add_rollout(row));
  const auto services = *ledger->services();
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(services[0].service, "redis");
  EXPECT_EQ(services[0].environment, "production");
  EXPECT_EQ(services[1].service, "memcached");
}

TEST_P(LedgerContract, EventsContinueAcrossThoseWhoWriteThem) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  EXPECT_EQ(*ledger->last_seq("r-1"), 0u);
  ASSERT_TRUE(ledger->append_events("r-1", numbered(1, 3)));
  auto other = open_again();
  EXPECT_EQ(*other->last_seq("r-1"), 3u);
  ASSERT_TRUE(other->append_events("r-1", numbered(4, 5)));
  const auto events = deployctl::testing::events_of(*ledger, "r-1");
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 5u);
  EXPECT_EQ(events->at(4).seq, 5u);
  EXPECT_EQ(events->at(4).time, at(5));
  EXPECT_EQ(events->at(4).json, "{\"seq\":5}");
}

TEST_P(LedgerContract, AnEventIsNeverOverwrittenNorPutInBetween) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  ASSERT_TRUE(ledger->append_events("r-1", numbered(5, 6)));
  for (const auto& batch : {numbered(6, 7), numbered(2, 3), std::vector{numbered(8, 8)[0], numbered(8, 8)[0]}}) {
    const auto appended = ledger->append_events("r-1", batch);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, Code::exists);
  }
  EXPECT_EQ(deployctl::testing::events_of(*ledger, "r-1")->size(), 2u);  // all of a batch or nothing
}

TEST_P(LedgerContract, EventsAreReadFromANumberOnAndUntilTheReaderHasEnough) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  ASSERT_TRUE(ledger->append_events("r-1", numbered(1, 2500)));
  std::vector<std::uint64_t> seen;
  const auto visit = [&](const EventRow& row) {
    seen.push_back(row.seq);
    return row.seq < 2300;
  };
  ASSERT_TRUE(ledger->for_each_event("r-1", 100, visit));
  ASSERT_EQ(seen.size(), 2200u);
  EXPECT_EQ(seen.front(), 101u);
  EXPECT_EQ(seen.back(), 2300u);
  for (std::size_t i = 1; i < seen.size(); ++i) ASSERT_EQ(seen[i], seen[i - 1] + 1);
  seen.clear();
  ASSERT_TRUE(ledger->for_each_event("r-1", 2500, visit));
  ASSERT_TRUE(ledger->for_each_event("r-none", 0, visit));
  EXPECT_TRUE(seen.empty());
}

TEST_P(LedgerContract, AReaderOfEventsMayUseTheLedger) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  ASSERT_TRUE(ledger->append_events("r-1", numbered(1, 2)));
  std::uint64_t last = 0;
  ASSERT_TRUE(ledger->for_each_event("r-1", 0, [&](const EventRow& row) {
    last = row.seq;
    return row.seq < 5 &&
           ledger->append_events("r-1", numbered(*ledger->last_seq("r-1") + 1, *ledger->last_seq("r-1") + 1))
               .has_value();
  }));
  EXPECT_GE(last, 5u);
}

TEST_P(LedgerContract, EventsBelongToARolloutThatIsThere) {
  EXPECT_EQ(ledger->append_events("r-none", numbered(1, 1)).error().code, Code::not_found);
  EXPECT_EQ(ledger->last_seq("r-none").error().code, Code::not_found);
}

TEST_P(LedgerContract, KeepsBytesThatAreNoText) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  const std::string odd("a\0b\xff\xfe", 5);
  ASSERT_TRUE(ledger->append_events("r-1", {{1, at(1), odd}}));
  EXPECT_EQ(deployctl::testing::events_of(*ledger, "r-1")->at(0).json, odd);
}

TEST_P(LedgerContract, TheOldestBaselineStands) {
  const Baseline first{"eu", "10.0.0.1", "1.0-aaaaaaaa", sha256("r1"), sha256("a1"), "1.0"};
  const Baseline none{"eu", "10.0.0.2", "", {}, {}, ""};
  ASSERT_TRUE(ledger->add_baselines("redis", "production", {first, none}));
  Baseline later = first;
  later.folder = "2.0-bbbbbbbb";
  later.release = sha256("r2");
  const Baseline third{"us", "10.1.0.1", "by-hand", {}, {}, "by-hand"};
  ASSERT_TRUE(ledger->add_baselines("redis", "production", {later, third}));
  EXPECT_EQ(*open_again()->baselines("redis", "production"), (std::vector{first, none, third}));
  EXPECT_TRUE(ledger->baselines("redis", "staging")->empty());
}

TEST_P(LedgerContract, ATargetThatMovesToAnotherRegionKeepsItsBaseline) {
  Baseline baseline{"eu", "10.0.0.1", "1.0-aaaaaaaa", sha256("r1"), sha256("a1"), "1.0"};
  ASSERT_TRUE(ledger->add_baselines("redis", "production", {baseline}));
  ASSERT_TRUE(
      ledger->add_baselines("redis", "production", {{"us", "10.0.0.1", "2.0-bbbbbbbb", sha256("r2"), {}, "2.0"}}));
  baseline.region = "us";
  EXPECT_EQ(*ledger->baselines("redis", "production"), std::vector{baseline});
}

TEST_P(LedgerContract, ClearsTheBaselinesOfOneEnvironment) {
  const Baseline baseline{"eu", "10.0.0.1", "1.0-aaaaaaaa", sha256("r1"), sha256("a1"), "1.0"};
  ASSERT_TRUE(ledger->add_baselines("redis", "production", {baseline}));
  ASSERT_TRUE(ledger->add_baselines("redis", "staging", {baseline}));
  ASSERT_TRUE(ledger->clear_baselines("redis", "production"));
  EXPECT_TRUE(ledger->baselines("redis", "production")->empty());
  EXPECT_EQ(ledger->baselines("redis", "staging")->size(), 1u);
  ASSERT_TRUE(ledger->clear_baselines("redis", "production"));
}

TEST_P(LedgerContract, KnowsReleasesByTheirDigest) {
  ASSERT_TRUE(ledger->add_release("redis", "production", "{\"v\":1}", sha256("r"), "1.0", at(1)));
  ASSERT_TRUE(ledger->add_release("redis", "production", "{\"v\":1}", sha256("r"), "1.0", at(2)));
  ASSERT_TRUE(ledger->add_release("redis", "staging", "{\"v\":2}", sha256("r"), "1.0-again", at(3)));
  EXPECT_EQ(*ledger->release_json(sha256("r")), "{\"v\":2}");
  EXPECT_FALSE(ledger->release_json(sha256("other"))->has_value());
}

CommandRow said(const std::string& word, const std::string& wave = "") {
  return {0, word, wave, "ann@desk", "it's fine", at(5)};
}

TEST_P(LedgerContract, ListsTheNamesOfReleasesTheLastMadeFirst) {
  ASSERT_TRUE(ledger->add_release("redis", "production", "{}", sha256("one"), "1.0", at(1)));
  ASSERT_TRUE(ledger->add_release("redis", "production", "{}", sha256("two"), "2.0", at(2)));
  ASSERT_TRUE(ledger->add_release("redis", "production", "{}", sha256("one"), "1.1", at(3)));
  ASSERT_TRUE(ledger->add_release("redis", "staging", "{}", sha256("one"), "other", at(4)));
  const std::vector<ReleaseName> wanted{{sha256("one"), "1.1"}, {sha256("two"), "2.0"}, {sha256("one"), "1.0"}};
  EXPECT_EQ(*ledger->release_names("redis", "production"), wanted);
}

TEST_P(LedgerContract, TellsWhetherARolloutChangedAnyTarget) {
  for (const char* id : {"r-1", "r-2", "r-3"}) ASSERT_TRUE(ledger->add_rollout(a_rollout(id)));
  ASSERT_TRUE(ledger->append_events("r-1", {{1, at(1), R"({"event":"rollout_started"})"},
                                            {2, at(2), R"({"seq":2,"event":"target_activating","target":"a"})"}}));
  ASSERT_TRUE(ledger->append_events(
      "r-2", {{1, at(1), R"({"event":"target_step","output":"\"event\":\"target_activating\""})"}}));
  ASSERT_TRUE(ledger->append_events("r-3", {{1, at(1), R"({"event":"target_reverting","target":"a"})"}}));
  EXPECT_TRUE(*ledger->changed_targets("r-1"));
  EXPECT_FALSE(*ledger->changed_targets("r-2")) << "what a hook printed is no event";
  EXPECT_TRUE(*ledger->changed_targets("r-3"));
  EXPECT_EQ(ledger->changed_targets("r-4").error().code, Code::not_found);
}

TEST_P(LedgerContract, WordsToARolloutAreReadInOrderByAnotherProcess) {
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-1")));
  ASSERT_TRUE(ledger->add_rollout(a_rollout("r-2")));
  const auto first = ledger->add_command("r-1", said("pause"));
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(ledger->add_command("r-2", said("abort")));
  const auto third = ledger->add_command("r-1", said("approve", "world"));
  ASSERT_TRUE(third);
  EXPECT_GT(*third, *first);
  const auto all = open_again()->words("r-1", 0).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].word, "pause");
  EXPECT_EQ(all[0].number, *first);
  EXPECT_EQ(all[1].wave, "world");
  EXPECT_EQ(all[1].user, "ann@desk");
  EXPECT_EQ(all[1].reason, "it's fine");
  EXPECT_EQ(all[1].time, at(5));
  EXPECT_EQ(ledger->words("r-1", *first)->size(), 1u);
  EXPECT_TRUE(ledger->words("r-1", *third)->empty());
}

TEST_P(LedgerContract, AWordToNoRolloutIsRefused) {
  const auto said_to_none = ledger->add_command("r-9", said("pause"));
  ASSERT_FALSE(said_to_none);
  EXPECT_EQ(said_to_none.error().code, Code::not_found);
}

TEST_P(LedgerContract, TheLastWordOfAFreezeCounts) {
  EXPECT_FALSE(ledger->freeze("redis", "production")->has_value());
  ASSERT_TRUE(ledger->add_freeze("redis", "production", {at(100), "ann@desk", "sale", at(0)}));
  ASSERT_TRUE(ledger->add_freeze("redis", "staging", {at(300), "bob@desk", "", at(0)}));
  const auto frozen = open_again()->freeze("redis", "production").value();
  ASSERT_TRUE(frozen);
  EXPECT_EQ(*frozen, (FreezeRow{at(100), "ann@desk", "sale", at(0)}));
  ASSERT_TRUE(ledger->add_freeze("redis", "production", {WallTime{}, "ann@desk", "over", at(1)}));
  EXPECT_EQ(ledger->freeze("redis", "production").value()->until, WallTime{});
}

}  // namespace
}  // namespace deployctl::ledger
