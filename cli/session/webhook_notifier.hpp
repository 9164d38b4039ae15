// Notifies webhooks of a rollout's end: its last event, as --output json prints it, is posted to each URL, which may
// come from a file, a variable or a command. A failed notification is reported on stderr and changes nothing of the
// rollout. One thread.
#pragma once

#include <string>
#include <vector>

#include "core/events/event.hpp"
#include "core/model/secret.hpp"

namespace deployctl::cli {

class Context;

// The values of --notify. Code::invalid: one that is neither an http or https URL nor says where that is kept.
Result<std::vector<model::SecretSource>> parse_notify(const std::vector<std::string>& values);

// Whether a value of --notify may be shown and kept in the ledger: {env: NAME} and its like, or a URL that is nothing
// but a host. A path is where many webhooks carry their token.
bool holds_no_secret(const std::string& value);

class WebhookNotifier {
 public:
  explicit WebhookNotifier(std::vector<model::SecretSource> urls) : urls_(std::move(urls)) {}
  // What `next` is given passes by here.
  events::EventSink watch(events::EventSink next);
  // At most ten seconds a URL. Nothing when no rollout ended.
  void send(Context& context) const;

 private:
  std::vector<model::SecretSource> urls_;
  std::string last_;
};

}  // namespace deployctl::cli
