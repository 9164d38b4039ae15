#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/events/event.hpp"
#include "core/rollout/driver/operator_commands.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

ledger::WordRow said(const std::string& word, const std::string& wave = "") {
  return {1, word, wave, "ann@desk", "", {}};
}

std::vector<ledger::EventRow> told(const std::vector<Event>& events) {
  std::vector<ledger::EventRow> rows;
  for (auto event : events) {
    event.seq = rows.size() + 1;
    rows.push_back({event.seq, {}, to_json_line(event)});
  }
  return rows;
}

Event of(const std::string& name, const std::string& wave, const std::string& body = "{}") {
  Event event;
  event.name = name;
  event.wave = wave;
  event.body = body;
  return event;
}

Past past_of(const std::vector<ledger::EventRow>& events, const std::vector<ledger::WordRow>& words,
             bool passes_pause) {
  PastReader reader;
  for (const auto& row : events) reader.add(row);
  return reader.past(words, passes_pause);
}

}  // namespace

TEST(Words, AreWhatTheMachineTakes) {
  const auto abort = event_of(said("abort"));
  ASSERT_TRUE(abort);
  EXPECT_EQ(std::get<Steered>(*abort).to, Steered::To::abort);
  EXPECT_EQ(std::get<Steered>(*abort).by, "ann@desk");
  EXPECT_EQ(std::get<Steered>(*event_of(said("abort-and-stay"))).to, Steered::To::abort_and_stay);
  EXPECT_EQ(std::get<Approved>(*event_of(said("approve", "world"))).wave, "world");
  auto why = said("pause");
  why.reason = "odd graphs";
  EXPECT_EQ(std::get<Steered>(*event_of(why)).by, "ann@desk (odd graphs)");
  EXPECT_FALSE(event_of(said("hurry")));
}

TEST(Words, ThePastIsWhatWasFinishedAndApproved) {
  const auto events = told({of("wave_started", "canary"), of("wave_finished", "canary"), of("wave_started", "home")});
  const auto past = past_of(events, {said("pause"), said("approve", "world")}, true);
  EXPECT_THAT(past.waves_done, ElementsAre("canary"));
  EXPECT_THAT(past.approved, ElementsAre("world"));
}

TEST(Words, APauseIsPassedByWhoResumesItOnly) {
  const auto resting = told({of("wave_started", "canary"), of("rollout_waiting", "canary", R"({"for":"pause"})")});
  EXPECT_THAT(past_of(resting, {}, false).waves_done, IsEmpty());
  EXPECT_THAT(past_of(resting, {}, true).waves_done, ElementsAre("canary"));
  const auto gone_on = told({of("rollout_waiting", "canary", R"({"for":"pause"})"), of("rollout_going_on", "canary"),
                             of("rollout_waiting", "home", R"({"for":"approval"})")});
  EXPECT_THAT(past_of(gone_on, {}, true).waves_done, IsEmpty());
}
