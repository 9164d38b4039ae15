// Bytes that version 1 of the protocol is held to: agents in the field were built by others. DEPLOYCTL_RECORD_GOLDEN=1
// writes them anew, which is right for a new version's folder only.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base/digest.hpp"
#include "core/protocol/messages.hpp"

using namespace deployctl;
using namespace deployctl::protocol;

namespace {

const std::string folder = std::string(TEST_SOURCE_DIR) + "/tests/golden/wire-v1/";

template <class Message>
void hold(const std::string& name, FrameType type, std::uint32_t stream, const Message& message) {
  const auto frame = to_frame(type, stream, message);
  ASSERT_TRUE(frame);
  const auto bytes = encode(*frame);
  if (std::getenv("DEPLOYCTL_RECORD_GOLDEN")) std::ofstream(folder + name, std::ios::binary) << as_text(bytes);
  std::ifstream file(folder + name, std::ios::binary);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), as_text(bytes)) << name;

  FrameDecoder decoder;
  decoder.feed(as_bytes(golden.str()));
  auto back = decoder.next();
  ASSERT_TRUE(back && *back) << name;
  const auto parsed = from_frame<Message>(**back);
  ASSERT_TRUE(parsed) << name;
  EXPECT_EQ(parsed->SerializeAsString(), message.SerializeAsString()) << name;
}

pb::Place place() {
  pb::Place p;
  p.set_service("redis");
  p.set_environment("production");
  p.set_deploy_to("/srv/redis");
  return p;
}

pb::PayloadIndex index() {
  pb::PayloadIndex i;
  i.set_version(1);
  i.add_lengths(1048576);
  i.add_lengths(17);
  i.set_digests(sha256("one").raw() + sha256("two").raw());
  return i;
}

}  // namespace

TEST(Golden, Hello) {
  pb::Hello hello;
  hello.set_version(1);
  hello.add_features("example");
  hello.set_role("relay");
  hello.set_program("deploy-agent 0.1.0");
  hello.set_agent(sha256("agent").raw());
  hello.set_host_name("relay-1");
  hello.set_boot_id("b");
  hold("hello", FrameType::hello, 0, hello);
}

TEST(Golden, Attach) {
  pb::Request request;
  auto& attach = *request.mutable_attach();
  attach.set_host("10.1.0.11");
  attach.set_port(22);
  attach.set_user("deploy");
  attach.set_identity_file("~/.ssh/id_ed25519");
  auto& key = *attach.add_host_keys();
  key.set_type("ssh-ed25519");
  key.set_blob("blob");
  attach.set_timeout_ms(30000);
  hold("request-attach", FrameType::request, 1, request);
}

TEST(Golden, Carry) {
  pb::Request request;
  *request.mutable_carry()->mutable_index() = index();
  hold("request-carry", FrameType::request, 3, request);
}

TEST(Golden, TakeGrant) {
  pb::Request request;
  request.set_target(4);
  auto& grant = *request.mutable_take_grant();
  *grant.mutable_place() = place();
  grant.mutable_holder()->set_rollout("r1");
  grant.mutable_holder()->set_epoch(7);
  grant.mutable_holder()->set_pid(12);
  grant.set_ttl_ms(30000);
  grant.set_replaces("r0");
  hold("request-take-grant", FrameType::request, 5, request);
}

TEST(Golden, Stage) {
  pb::Request request;
  request.set_target(4);
  auto& stage = *request.mutable_stage();
  *stage.mutable_place() = place();
  stage.set_rollout("r1");
  stage.set_epoch(7);
  stage.set_release_json("{}");
  stage.set_base(sha256("base").raw());
  *stage.mutable_index() = index();
  hold("request-stage", FrameType::request, 7, request);
}

TEST(Golden, Activate) {
  pb::Request request;
  request.set_target(4);
  auto& activate = *request.mutable_activate();
  *activate.mutable_place() = place();
  activate.set_rollout("r1");
  activate.set_epoch(7);
  activate.set_release(sha256("release").raw());
  activate.set_region("eu-west");
  activate.set_target("10.1.0.11");
  activate.set_keep_releases(5);
  hold("request-activate", FrameType::request, 9, request);
}

TEST(Golden, Activated) {
  pb::Reply reply;
  auto& activated = *reply.mutable_activated();
  activated.set_outcome(pb::Activated::REVERTED);
  *activated.mutable_error() = to_abort(error(Code::unhealthy, "tcp 127.0.0.1:6400: refused"));
  activated.set_unhealthy(true);
  hold("reply-activated", FrameType::reply, 9, reply);
}

// What a newer agent reports for a rollback's choice.
TEST(Golden, SurveyedWithHistory) {
  pb::Reply reply;
  auto& surveyed = *reply.mutable_surveyed();
  surveyed.set_epoch(7);
  auto& kept = *surveyed.add_kept();
  kept.set_folder("1.0-12345678");
  kept.set_version("1.1");
  kept.set_release(sha256("release").raw());
  kept.add_names("1.0");
  kept.add_names("1.1");
  auto& grant = *surveyed.mutable_last_grant();
  grant.set_rollout("r1");
  grant.set_epoch(7);
  grant.set_kind("rollback");
  grant.set_release(sha256("release").raw());
  grant.set_version("1.1");
  auto& receipt = *surveyed.add_receipts();
  receipt.set_time(1);
  receipt.set_rollout("r1");
  receipt.set_epoch(7);
  receipt.set_release(sha256("release").raw());
  receipt.set_folder("1.0-12345678");
  receipt.set_version("1.1");
  receipt.set_outcome("active");
  receipt.set_kind("rollback");
  receipt.set_from_release(sha256("before").raw());
  receipt.set_from_folder("2.0-87654321");
  hold("reply-surveyed-history", FrameType::reply, 3, reply);
}

TEST(Golden, Step) {
  pb::Event event;
  event.mutable_step()->set_name("start");
  event.mutable_step()->set_state("done");
  event.mutable_step()->set_output("up\n");
  hold("event-step", FrameType::event, 9, event);
}

TEST(Golden, Want) {
  pb::Want want;
  auto& range = *want.add_ranges();
  range.set_first(3);
  range.set_count(8);
  hold("want", FrameType::want, 7, want);
}

TEST(Golden, Abort) {
  hold("abort", FrameType::abort, 7, to_abort(with_hint(error(Code::no_space, "disk full"), "free some")));
}

TEST(Golden, ChunkAndPing) {
  const auto chunk = encode(Frame{FrameType::chunk, 7, 3, {1, 2, 3}});
  EXPECT_EQ(chunk, (Bytes{0, 0, 0, 3, 7, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 2, 3}));
  EXPECT_EQ(encode(Frame{FrameType::ping, 0, 0, {}}), (Bytes{0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Golden, Packed) { EXPECT_EQ(encode(Frame{FrameType::packed, 0, 0, {1, 2, 3}}), (Bytes{0x80, 0, 0, 3, 1, 2, 3})); }

TEST(Golden, TheMagic) {
  EXPECT_EQ(magic,
            "\x01"
            "deployctl-agent");
  EXPECT_EQ(missing_magic,
            "\x01"
            "deployctl-wants");
  EXPECT_EQ(protocol_version, 1u);
}
