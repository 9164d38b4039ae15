#include "cli/session/webhook_notifier.hpp"

#include "cli/session/context.hpp"
#include "core/http/post.hpp"
#include "core/secret/resolve.hpp"
#include "plans/keys/secrets.hpp"

namespace deployctl::cli {
namespace {

constexpr Duration patience{std::chrono::seconds(10)};

Status send_one(const model::SecretSource& url, const std::string& body) {
  DEPLOYCTL_TRY(whole, secret::resolve(url));
  return http::post_json(whole, body, patience);
}

}  // namespace

Result<std::vector<model::SecretSource>> parse_notify(const std::vector<std::string>& values) {
  std::vector<model::SecretSource> urls;
  for (const auto& value : values) {
    DEPLOYCTL_TRY(url, plans::parse_url_option("--notify", value));
    urls.push_back(std::move(url));
  }
  return urls;
}

bool holds_no_secret(const std::string& value) {
  if (value.starts_with("{")) return true;
  const auto host = value.find("://");
  return host != std::string::npos && value.find_first_of("/?#@", host + 3) == std::string::npos;
}

events::EventSink WebhookNotifier::watch(events::EventSink next) {
  if (urls_.empty()) return next;
  return [this, next = std::move(next)](const events::Event& event) {
    if (event.name == "rollout_finished") last_ = events::to_json_line(event);
    next(event);
  };
}

void WebhookNotifier::send(Context& context) const {
  if (last_.empty()) return;
  for (const auto& url : urls_) {
    const auto sent = send_one(url, last_);
    if (!sent) context.warn("warning: could not notify " + url.shown_url() + ": " + sent.error().text());
  }
}

}  // namespace deployctl::cli
