#include "core/payload/encode/paired_window.hpp"

#include <algorithm>

#include "core/payload/delta/delta_coder.hpp"
#include "core/payload/encode/window_coder.hpp"

namespace deployctl::payload {
namespace {

CodedWindow made(PairedWindow& window, Coding coding, std::vector<Region> regions, Bytes bytes) {
  CodedWindow coded;
  coded.window.coding = coding;
  coded.window.plain = static_cast<std::uint32_t>(window.plain.size());
  coded.window.coded = static_cast<std::uint32_t>(bytes.size());
  coded.window.starts = std::move(window.starts);
  coded.window.regions = std::move(regions);
  coded.bytes = std::move(bytes);
  return coded;
}

// The offset in the base where the first bytes of the window would be if nothing had moved.
std::size_t guess(const PairedWindow& window, const DeltaBase& base) {
  const std::uint64_t first = base.region().offset;
  return window.at > first ? std::min<std::uint64_t>(window.at - first, base.bytes().size()) : 0;
}

}  // namespace

Result<CodedWindow> code_paired(PairedWindow window, const DeltaBase& base, const Preference& preference,
                                ZstdContexts& contexts) {
  const auto choice = codings_for(preference, {window.plain.size(), base.bytes().size(), false});
  Bytes delta;
  if (choice.delta && base.index()) {
    DEPLOYCTL_TRY(coded, code_delta(base.bytes(), *base.index(), window.plain, guess(window, base), preference,
                                    window.size, contexts));
    delta = std::move(coded);
  }
  if (!delta.empty() && is_decisive(delta.size(), window.plain.size()))
    return made(window, Coding::delta, {base.region()}, std::move(delta));

  const Region beside = base.common(region_beside(window.old, window.size, window.at + window.plain.size() / 2));
  WindowCoder coder(choice.level);
  DEPLOYCTL_TRY(best, coder.code(window.plain, base.bytes_of(beside), choice));
  if (!delta.empty() && delta.size() <= best.bytes.size())
    return made(window, Coding::delta, {base.region()}, std::move(delta));
  std::vector<Region> regions;
  if (best.coding == Coding::zstd_prefix) regions.push_back(beside);
  return made(window, best.coding, std::move(regions), Bytes(best.bytes.begin(), best.bytes.end()));
}

std::size_t coding_memory(std::size_t plain) { return 6 * plain + 40 * 1024 * 1024; }

}  // namespace deployctl::payload
