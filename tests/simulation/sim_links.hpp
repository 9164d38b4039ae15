// The network between a controller and its targets: delays, losses of requests and of answers, partitions one way or
// both, hosts that are down. A lost link is noticed at once or after 20 s of silence, and everything but an activation
// is asked once more, as FleetLinks does. Calls live on the controller's loop and die with it; what they set going at a
// target goes on there.
#pragma once

#include "core/fleet/target_links.hpp"
#include "tests/simulation/loop.hpp"
#include "tests/simulation/sim_target.hpp"

namespace deployctl::simulation {

struct Partition {
  std::size_t first = 0, last = 0;  // targets
  SteadyTime from{}, until{};
  bool requests = true, answers = true;
};

struct SimNetwork {
  Chance& chance;
  Loop& world;
  std::vector<std::unique_ptr<SimTarget>>& targets;
  std::vector<Partition> partitions{};
  unsigned loss_percent = 0;  // of a message
  bool healed = false;
  bool lies = false;  // broken on purpose: a lost activation is told as a success

  std::vector<SteadyTime> disturbed{};  // by target: when a link to it broke last

  bool carries(std::size_t target, bool request);
};

class SimLinks : public fleet::TargetLinks {
 public:
  SimLinks(std::shared_ptr<Loop> controller, SimNetwork& network) : controller_(controller), network_(network) {}

  awaitable<Result<protocol::pb::Reply>> call(std::size_t target, protocol::pb::Request request, Duration deadline,
                                              std::function<void(const protocol::pb::Event&)> on_event = {},
                                              std::shared_ptr<fleet::PayloadHandle> shipment = {}) override;
  void prefetch_payload(std::size_t, std::shared_ptr<fleet::PayloadHandle>) override {}
  std::uint64_t rate(std::size_t) const override { return 0; }
  std::uint64_t wan_bytes() const override { return 0; }

 private:
  awaitable<Result<protocol::pb::Reply>> call_once(std::size_t target, protocol::pb::Request request,
                                                   Duration deadline);
  std::weak_ptr<Loop> controller_;
  SimNetwork& network_;
};

}  // namespace deployctl::simulation
