#include "plans/fleet/freezes.hpp"

#include <fmt/format.h>

#include "core/calendar/freezes.hpp"
#include "core/text/nearest_word.hpp"
#include "core/text/utf8.hpp"
#include "plans/keys/keys.hpp"

namespace deployctl::plans {
namespace {

struct FreezeDraft {
  model::FreezeWindow window;
  unsigned ends = 0;
};

void read_reason(const Cursor& at, FreezeDraft& into) {
  auto reason = read_text(at);
  if (reason && text::has_control(*reason))
    at.problem(fmt::format("'{}' may hold no tabs or line ends", at.path()));
  else if (reason)
    into.window.reason = std::move(*reason);
}

template <model::FreezeMoment model::FreezeWindow::*member>
void read_moment(const Cursor& at, FreezeDraft& into) {
  const auto text = read_text(at);
  if (!text) return;
  auto moment = model::FreezeMoment::parse(*text);
  if (!moment) return at.problem(fmt::format("'{}': {}", at.path(), moment.error().message), moment.error().hint);
  into.window.*member = *moment;
  ++into.ends;
}

void read_zone(const Cursor& at, FreezeDraft& into) {
  auto zone = read_text(at);
  if (!zone) return;
  if (const auto known = calendar::check_zone(*zone); !known) {
    const auto near = text::nearest_word(*zone, calendar::zone_names());
    return at.problem(known.error().message, near.empty() ? known.error().hint : "did you mean '" + near + "'?");
  }
  into.window.zone = std::move(*zone);
}

constexpr std::array freeze_keys{
    Key<FreezeDraft>{"from", Need::required, "a date, day or time such as \"fri 16:00\"",
                     read_moment<&model::FreezeWindow::from>},
    Key<FreezeDraft>{"until", Need::required, "a date, day or time such as \"mon 08:00\"",
                     read_moment<&model::FreezeWindow::until>},
    Key<FreezeDraft>{"zone", Need::optional, "a time zone such as Europe/Berlin", read_zone},
    Key<FreezeDraft>{"reason", Need::optional, "a text", read_reason}};

void read_freeze(const Cursor& at, std::vector<model::FreezeWindow>& into) {
  FreezeDraft draft;
  draft.window.mark = at.mark();
  if (!read_map(at, freeze_keys, draft) || draft.ends < 2) return;
  if (const auto fine = model::check_window(draft.window); !fine)
    return at.problem(fine.error().message, fine.error().hint);
  into.push_back(std::move(draft.window));
}

}  // namespace

void read_freezes(const Cursor& at, std::vector<model::FreezeWindow>& into) {
  read_list(at, "[{from: \"fri 16:00\", until: \"mon 08:00\", zone: Europe/Berlin}]",
            [&](const Cursor& item) { read_freeze(item, into); });
}

void list_freezes(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(freeze_keys, prefix + "[]", into);
}

}  // namespace deployctl::plans
