#include "cli/output/awaited_text.hpp"

#include <algorithm>

#include "cli/output/human_format.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t max_awaited_named = 3;

}  // namespace

std::string awaited_text(const AwaitedTargets& awaited) {
  const std::size_t named = std::min(max_awaited_named, awaited.names.size());
  std::string hosts;
  for (std::size_t i = 0; i < named; ++i) hosts += (hosts.empty() ? "" : ", ") + awaited.names[i];
  if (awaited.missing > named) hosts += " and " + number(awaited.missing - named) + " more";
  if (awaited.going_on)
    return "going on without " + hosts + (awaited.missing == 1 ? ", which has" : ", which have") + " not answered yet";
  return number(awaited.answered) + " of " + number(awaited.total) + " answered, waiting for " + hosts;
}

}  // namespace deployctl::output
