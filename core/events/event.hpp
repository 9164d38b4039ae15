// What happens in a rollout, as everybody sees it: one line of JSON a person's renderer, the ledger and CI read alike.
// `body` holds the members beyond the common ones as JSON object text ("{}"), so that this header needs no JSON.
// Names are a public contract: man/deployctl-events.7 lists them with their members.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace deployctl::events {

inline constexpr int event_schema = 1;

struct Event {
  std::string name;  // "wave_started", "target_active", ...
  std::uint64_t seq = 0;
  WallTime time{};
  std::string rollout, service, environment;
  std::string version, wave, region, target;  // empty: does not apply
  std::optional<Error> error;
  std::string body = "{}";
  bool fleeting = false;  // progress of bytes, a build's output: shown, not kept
};

// {"schema":1,"seq":..,"time":..,"event":..,"rollout":..,"service":..,"environment":..,...}; one line, no newline.
// Always in this order, then version, wave, region, target and error where they apply, then the members of `body`;
// where a member of `body` has a name that is there already, the common one wins. Bytes that aren't UTF-8 are replaced;
// characters that could steer a terminal are escaped.
std::string to_json_line(const Event& event);
// The way back, for history and logs: common members to their fields, the rest to `body`; an error's context is part of
// its message. Not such a line: Code::invalid; of a newer schema: Code::unsupported.
Result<Event> parse_event(std::string_view line);

// The event of a recorded line if it has one of these names. Lines of other events are not parsed, however long they
// are.
std::optional<Event> parse_if_named(std::string_view line, std::initializer_list<std::string_view> names);

using EventSink = std::function<void(const Event&)>;

}  // namespace deployctl::events
