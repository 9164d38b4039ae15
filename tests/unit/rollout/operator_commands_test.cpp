#include "core/rollout/driver/operator_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/events/event.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

ledger::CommandRow said(const std::string& word, const std::string& wave = "") {
  return {1, word, wave, "ann@desk", "", {}};
}

std::vector<ledger::EventRow> told(const std::vector<events::Event>& events) {
  std::vector<ledger::EventRow> rows;
  for (auto event : events) {
    event.seq = rows.size() + 1;
    rows.push_back({event.seq, {}, events::to_json_line(event)});
  }
  return rows;
}

events::Event of(const std::string& name, const std::string& wave, const std::string& body = "{}") {
  events::Event event;
  event.name = name;
  event.wave = wave;
  event.body = body;
  return event;
}

ResumeState resume_state_of(const std::vector<ledger::EventRow>& events, const std::vector<ledger::CommandRow>& words,
                            bool passes_pause) {
  ResumeStateReader reader;
  for (const auto& row : events) reader.add(row);
  return reader.past(words, passes_pause);
}

}  // namespace

TEST(Words, AreWhatTheMachineTakes) {
  const auto abort = event_of(said("abort"));
  ASSERT_TRUE(abort);
  EXPECT_EQ(std::get<OperatorCommand>(*abort).kind, OperatorCommand::Kind::abort);
  EXPECT_EQ(std::get<OperatorCommand>(*abort).by, "ann@desk");
  EXPECT_EQ(std::get<OperatorCommand>(*event_of(said("abort-and-stay"))).kind, OperatorCommand::Kind::abort_and_stay);
  EXPECT_EQ(std::get<Approved>(*event_of(said("approve", "world"))).wave, "world");
  auto why = said("pause");
  why.reason = "odd graphs";
  EXPECT_EQ(std::get<OperatorCommand>(*event_of(why)).by, "ann@desk (odd graphs)");
  EXPECT_FALSE(event_of(said("hurry")));
}

TEST(Words, ThePastIsWhatWasFinishedAndApproved) {
  const auto events = told({of("wave_started", "canary"), of("wave_finished", "canary"), of("wave_started", "home")});
  const auto past = resume_state_of(events, {said("pause"), said("approve", "world")}, true);
  EXPECT_THAT(past.waves_done, ElementsAre("canary"));
  EXPECT_THAT(past.approved, ElementsAre("world"));
}

TEST(Words, APauseIsPassedByWhoResumesItOnly) {
  const auto resting = told({of("wave_started", "canary"), of("rollout_waiting", "canary", R"({"for":"pause"})")});
  EXPECT_THAT(resume_state_of(resting, {}, false).waves_done, IsEmpty());
  EXPECT_THAT(resume_state_of(resting, {}, true).waves_done, ElementsAre("canary"));
  const auto gone_on = told({of("rollout_waiting", "canary", R"({"for":"pause"})"), of("rollout_going_on", "canary"),
                             of("rollout_waiting", "home", R"({"for":"approval"})")});
  EXPECT_THAT(resume_state_of(gone_on, {}, true).waves_done, IsEmpty());
}
