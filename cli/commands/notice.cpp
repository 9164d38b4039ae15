#include "cli/commands/notice.hpp"

#include "cli/commands/context.hpp"
#include "core/http/post.hpp"

namespace deployctl::commands {
namespace {

constexpr Duration patience{std::chrono::seconds(10)};

}  // namespace

rollout::EventSink Notice::watch(rollout::EventSink next) {
  if (urls_.empty()) return next;
  return [this, next = std::move(next)](const rollout::Event& event) {
    if (event.name == "rollout_finished") last_ = rollout::to_json_line(event);
    next(event);
  };
}

void Notice::send(Context& context) const {
  if (last_.empty()) return;
  for (const auto& url : urls_) {
    const auto sent = http::post_json(url, last_, patience);
    if (!sent) context.warn("deployctl: a webhook was not told: " + sent.error().text());
  }
}

}  // namespace deployctl::commands
