#include "core/model/gate.hpp"

#include <array>

namespace deployctl::model {
namespace {

struct Text {
  std::string operator()(const MetricProbe& p) const { return "query " + p.query; }
  std::string operator()(const WebhookProbe& p) const { return "webhook " + p.url.shown_url(); }
  std::string operator()(const CommandProbe& p) const { return "command " + p.run; }
};

}  // namespace

const char* to_string(Inconclusive v) {
  constexpr std::array words{"pause", "fail", "pass"};
  return words.at(static_cast<std::size_t>(v));
}

std::string Gate::text() const { return std::visit(Text{}, probe); }

}  // namespace deployctl::model
