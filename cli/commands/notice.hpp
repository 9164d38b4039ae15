// Tells webhooks how a rollout ended: its last event, as --output json prints it, is posted to each URL. A webhook that can't
// be told changes nothing of the rollout; it is said on stderr. One thread.
#pragma once

#include <string>
#include <vector>

#include "core/rollout/event.hpp"

namespace deployctl::commands {

class Context;

class Notice {
 public:
  explicit Notice(std::vector<std::string> urls) : urls_(std::move(urls)) {}
  // What `next` is given passes by here.
  rollout::EventSink watch(rollout::EventSink next);
  // At most ten seconds a URL. Nothing when no rollout ended.
  void send(Context& context) const;

 private:
  std::vector<std::string> urls_;
  std::string last_;
};

}  // namespace deployctl::commands
