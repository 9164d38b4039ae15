#include "cli/reports/change_preview.hpp"

#include <algorithm>

#include "cli/output/human_format.hpp"
#include "cli/output/text.hpp"
#include "core/rollout/driver/rollout_driver.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t label_width = 9;
constexpr std::size_t max_waves = 12;  // by name

std::string from_text(const ChangePreview& preview) {
  std::string text;
  for (const auto& [version, targets] : preview.running)
    text += (text.empty() ? "" : ", ") + (version.empty() ? std::string("nothing") : version) + " on " +
            output::count(targets, "target");
  if (preview.unanswered)
    text += (text.empty() ? "" : ", ") + output::count(preview.unanswered, "target") + " not answering";
  return text;
}

std::string at_once(const rollout::RolloutSpec& spec) {
  unsigned least = ~0u, most = 0;
  for (const auto& region : spec.regions) {
    least = std::min(least, region.max_parallel);
    most = std::max(most, region.max_parallel);
  }
  return "at most " + (least < most ? std::to_string(least) + " to " : "") + output::count(most, "target") +
         " of a region at a time";
}

std::string waves_text(const rollout::RolloutSpec& spec) {
  if (spec.kind == rollout::Kind::rollback) return "one, all regions at once, " + at_once(spec);
  std::string text;
  std::size_t named = 0;
  for (const auto& wave : spec.waves) {
    if (++named > max_waves) break;
    text += (text.empty() ? "" : ", ") + wave.name + " (" + output::number(wave.size()) + ")";
  }
  if (spec.waves.size() > max_waves) text += ", and " + std::to_string(spec.waves.size() - max_waves) + " more";
  return text + "; " + at_once(spec);
}

// "  from     v1 on 20 targets": the text is broken at spaces where it is too long, and goes on below its beginning.
void add(output::Lines& lines, const std::string& label, const std::string& text, std::size_t width) {
  const std::size_t room = width > label_width + 12 ? width - label_width - 3 : text.size();
  std::string left = label, line;
  const auto put = [&] {
    lines.push_back(output::Line("  " + output::padded(left, label_width)).add(line));
    left.clear();
    line.clear();
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && output::columns(line) + 1 + output::columns(word) > room) put();
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  put();
}

}  // namespace

ChangePreview ChangePreview::of(const std::string& service, const std::string& environment,
                                const rollout::RollbackPreview& preview) {
  return {service, environment, preview.version, preview.running, preview.unanswered, preview.holder, preview.note};
}

output::Lines preview_lines(const std::string& verb, const ChangePreview& preview, const rollout::RolloutSpec& spec,
                            std::size_t width) {
  output::Lines lines{
      output::Line(verb + " " + preview.service + " (" + preview.environment + ")", output::Tone::strong)};
  const std::string from = from_text(preview);
  if (!from.empty()) add(lines, "from", from, width);
  add(lines, "to", preview.to.empty() ? "nothing" : preview.to, width);
  add(lines, "targets", output::number(spec.targets.size()) + " in " + output::count(spec.regions.size(), "region"),
      width);
  add(lines, spec.waves.size() == 1 ? "wave" : "waves", waves_text(spec), width);
  if (!preview.note.empty()) add(lines, "note", preview.note, width);
  if (!preview.holder.empty()) add(lines, "ends", "rollout " + preview.holder + ", which is going on", width);
  return lines;
}

}  // namespace deployctl::cli
