#include "core/rollout/driver/step_budget.hpp"

#include <algorithm>
#include <string_view>

namespace deployctl::rollout {
namespace {

// At most `size` bytes from the front, not ending within a character.
std::string front_of(std::string_view text, std::size_t size) {
  if (text.size() <= size) return std::string(text);
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return std::string(text.substr(0, size));
}

// At most `size` bytes from the end, not beginning within a character.
std::string back_of(std::string_view text, std::size_t size) {
  if (text.size() <= size) return std::string(text);
  std::size_t at = text.size() - size;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return std::string(text.substr(at));
}

}  // namespace

std::size_t StepBudget::head_room(TargetIndex target) const {
  const auto used = heads_.find(target);
  const std::size_t head = limits_.head_bytes - std::min(limits_.head_bytes, used == heads_.end() ? 0 : used->second);
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(head, limits_.rollout_bytes - std::min(limits_.rollout_bytes, recorded_)));
}

std::optional<protocol::pb::Step> StepBudget::take(TargetIndex target, const protocol::pb::Step& step) {
  Activation& now = current_[target];
  protocol::pb::Step out;
  out.set_name(front_of(step.name(), limits_.name_bytes));
  out.set_state(front_of(step.state(), limits_.name_bytes));
  out.set_detail(front_of(step.detail(), limits_.detail_bytes));
  const bool recorded = now.events < limits_.events;
  const std::size_t room = recorded && !now.cut ? head_room(target) : 0;
  std::string head = front_of(step.output(), room);
  if (head.size() < step.output().size()) {
    // From here on all output belongs to the tail: what is recorded stays one beginning and one end.
    now.cut = true;
    const std::size_t kept = recorded_ < limits_.rollout_bytes ? limits_.tail_bytes : limits_.small_tail_bytes;
    const std::size_t before = now.tail.size() + step.output().size() - head.size();
    now.tail = back_of(now.tail + back_of(std::string_view(step.output()).substr(head.size()), kept), kept);
    now.left_out.bytes += before - now.tail.size();
    now.left_out.last = out;
  }
  if (!recorded) {
    ++now.left_out.events;
    now.left_out.last = out;
    return {};
  }
  ++now.events;
  heads_[target] += head.size();
  recorded_ += head.size();
  out.set_output(std::move(head));
  return out;
}

std::optional<LeftOut> StepBudget::finish(TargetIndex target) {
  const auto found = current_.find(target);
  if (found == current_.end()) return {};
  Activation ended = std::move(found->second);
  current_.erase(found);
  if (!ended.cut && ended.left_out.events == 0) return {};
  ended.left_out.last.set_output(std::move(ended.tail));
  return std::move(ended.left_out);
}

}  // namespace deployctl::rollout
