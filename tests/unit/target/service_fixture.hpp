// A target and its caller in one process, over a real socket pair: AgentLink asks, TargetService answers. Activations
// run in the real deploy-agent. Payloads are made by the real encoder.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "agents/serve/session.hpp"
#include "agents/target/target_service.hpp"
#include "core/io/deadline.hpp"
#include "core/io/files.hpp"
#include "core/io/stream_pair.hpp"
#include "core/link/agent_link.hpp"
#include "core/payload/encode/encode.hpp"
#include "core/payload/format/file_source.hpp"
#include "tests/support/run_async.hpp"
#include "tests/unit/target/releases.hpp"

namespace deployctl::testing {

using asio::awaitable;
using Link = std::shared_ptr<link::AgentLink>;
using Reply = Result<protocol::pb::Reply>;

inline const std::string agent_binary = std::string(TEST_BINARY_DIR) + "/bin/deploy-agent";

// One service at one place, as a rollout sees it.
class Rollout {
 public:
  Rollout(std::string deploy_to, std::string id, std::uint64_t epoch, std::string service = "redis")
      : id_(std::move(id)), epoch_(epoch) {
    place_.set_service(service);
    place_.set_environment("default");
    place_.set_deploy_to(std::move(deploy_to));
  }
  const protocol::pb::Place& place() const { return place_; }

  awaitable<Reply> take_grant(Link link, std::string replaces = {}) const {
    link::Call call;
    auto& take = *call.request.mutable_take_grant();
    *take.mutable_place() = place_;
    take.mutable_holder()->set_rollout(id_);
    take.mutable_holder()->set_epoch(epoch_);
    take.set_ttl_ms(30'000);
    take.set_replaces(replaces);
    co_return co_await link->call(std::move(call));
  }
  awaitable<Reply> drop_grant(Link link) const {
    link::Call call;
    auto& drop = *call.request.mutable_drop_grant();
    *drop.mutable_place() = place_;
    drop.set_rollout(id_);
    drop.set_epoch(epoch_);
    co_return co_await link->call(std::move(call));
  }
  awaitable<Reply> renew_grant(Link link) const {
    link::Call call;
    auto& renew = *call.request.mutable_renew_grant();
    *renew.mutable_place() = place_;
    renew.set_rollout(id_);
    renew.set_epoch(epoch_);
    renew.set_ttl_ms(30'000);
    co_return co_await link->call(std::move(call));
  }
  awaitable<Reply> stage(Link link, model::Release release, std::shared_ptr<payload::ChunkSource> chunks,
                         std::optional<Digest> base = {}) const {
    link::Call call;
    auto& stage = *call.request.mutable_stage();
    *stage.mutable_place() = place_;
    stage.set_rollout(id_);
    stage.set_epoch(epoch_);
    stage.set_release_json(release.json());
    if (base) stage.set_base(base->raw());
    stage.mutable_index()->set_version(payload::index_version);
    for (std::uint32_t i = 0; i < chunks->index().count(); ++i) {
      stage.mutable_index()->add_lengths(chunks->index().lengths[i]);
      stage.mutable_index()->mutable_digests()->append(chunks->index().digests[i].raw());
    }
    call.chunks = std::move(chunks);
    co_return co_await link->call(std::move(call));
  }
  protocol::pb::Request activate(std::optional<model::Release> release) const {
    protocol::pb::Request request;
    auto& activate = *request.mutable_activate();
    *activate.mutable_place() = place_;
    activate.set_rollout(id_);
    activate.set_epoch(epoch_);
    activate.set_region("eu");
    activate.set_target("10.0.0.1");
    if (release) activate.set_release(release->digest().raw());
    return request;
  }

 private:
  std::string id_;
  std::uint64_t epoch_;
  protocol::pb::Place place_;
};

inline awaitable<Reply> ask(Link link, protocol::pb::Request request) {
  link::Call call;
  call.request = std::move(request);
  co_return co_await link->call(std::move(call));
}

inline protocol::pb::Activated::Outcome outcome(const Reply& reply) {
  EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
  if (reply && reply->activated().has_error()) std::cout << "  [" << reply->activated().error().message() << "]\n";
  return reply ? reply->activated().outcome() : protocol::pb::Activated::UNKNOWN;
}

inline std::optional<Code> refusal(const Reply& reply) {
  if (reply) return {};
  return reply.error().code;
}

struct ServiceFixture : ::testing::Test {
  TempDir dir;
  std::string deploy_to = dir / "srv";
  target::Slot slot = *target::Slot::at(deploy_to, "");
  target::TargetService service{{agent_binary, dir.path()}};

  // What runs writes its name to `deploy_to`/running when it starts, and takes it away when it stops.
  model::Activation activation(std::string more_start = {}) const {
    model::Activation made;
    made.hooks[model::TargetHook::start] = shell("echo starting $VERSION; cat name > \"$DEPLOY_TO/running\"" +
                                                 (more_start.empty() ? "" : "; " + more_start));
    made.hooks[model::TargetHook::stop] = shell("echo stopping $VERSION; rm -f \"$DEPLOY_TO/running\"");
    model::HealthCheck check;
    check.probe = model::CommandCheck{"cmp name \"$DEPLOY_TO/running\""};
    check.interval = std::chrono::milliseconds(20);
    check.deadline = std::chrono::seconds(5);
    made.health_checks = {check};
    return made;
  }
  Tree tree(const std::string& name) const {
    return {{{"name", {name}}, {"big", {std::string(3'000'000, 'b')}}, {"bin/x", {"#!/bin/sh\n", 0755}}},
            {{"l", "name"}}};
  }
  std::string running() const { return io::exists(deploy_to + "/running") ? read_text(deploy_to + "/running") : ""; }

  std::shared_ptr<payload::ChunkSource> payload_of(const Tree& tree, const Tree* base = nullptr) {
    const auto contents = std::make_shared<std::map<Digest, std::string>>();
    for (const auto* one : {&tree, base})
      if (one)
        for (const auto& [path, file] : one->files)
          contents->emplace(sha256(file.text), dir.write("contents/" + sha256(file.text).hex(), file.text));
    const payload::OpenContent open = [contents](const Digest& digest) {
      return io::open_fd(contents->at(digest), O_RDONLY);
    };
    const auto manifest = tree.manifest();
    std::optional<model::Manifest> base_manifest;
    if (base) base_manifest = base->manifest();
    const std::string path = dir / ("payload-" + std::to_string(++payloads_));
    auto index = payload::encode(manifest, base ? &*base_manifest : nullptr, open, path);
    if (!index) throw std::runtime_error(index.error().text());
    return *payload::open_file_source(path, *index);
  }

  // A session of its own over the same service.
  awaitable<Link> connect() { return connect(service); }
  awaitable<Link> connect(target::TargetService& service) {
    auto executor = co_await asio::this_coro::executor;
    auto pair = io::make_stream_pair(executor);
    asio::co_spawn(executor, serve_on(std::move(pair->second), service), asio::detached);
    link::LinkOptions options;
    options.name = "host-a";
    auto link = co_await link::AgentLink::open(std::move(pair->first), std::move(options));
    if (!link) throw std::runtime_error(link.error().text());
    co_return *link;
  }

  // Granted, staged, activated.
  awaitable<Reply> deploy(Link link, Rollout rollout, std::string name, model::Activation how) {
    const Tree what = tree(name);
    const auto release = what.release(name, std::move(how));
    auto granted = co_await rollout.take_grant(link);
    if (!granted) co_return granted;
    auto source = payload_of(what);
    auto staged = co_await rollout.stage(link, release, source);
    if (!staged) co_return staged;
    auto request = rollout.activate(release);
    co_return co_await ask(link, request);
  }

 private:
  static awaitable<void> serve_on(std::unique_ptr<io::ByteStream> stream, target::TargetService& service) {
    serve::SessionOptions options;
    options.role = "target";
    options.program = "test";
    (void)co_await serve::serve_session(std::move(stream), service, options);
  }
  int payloads_ = 0;
};

}  // namespace deployctl::testing
