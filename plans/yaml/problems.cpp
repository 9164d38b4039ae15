#include "plans/yaml/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace deployctl::plans {
namespace {

// Bounds the memory that a fleet with a million invalid hosts can use for messages.
constexpr std::size_t kept = 10'000;

auto order(const Problem& p) { return std::tie(p.mark.file, p.mark.line, p.mark.column, p.message); }

// Escapes control characters, because user input may contain anything, and truncates to one printable line.
std::string printable(const std::string& text) {
  constexpr std::size_t longest = 600;
  std::string out;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  // Don't cut in the middle of a UTF-8 character.
  if (text.size() > longest) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
    out += "...";
  }
  return out;
}

bool same(const Problem& a, const Problem& b) { return order(a) == order(b); }

}  // namespace

void Problems::add(model::Mark mark, std::string message, std::string hint) {
  Problem problem{std::move(mark), printable(message), printable(hint)};
  problem.mark.file = printable(problem.mark.file);
  if (!problems_.empty() && same(problems_.back(), problem)) return;
  if (problems_.size() >= kept) {
    ++dropped_;
    return;
  }
  problems_.push_back(std::move(problem));
}

std::vector<Problem> Problems::take() {
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const Problem& a, const Problem& b) { return order(a) < order(b); });
  problems_.erase(std::unique(problems_.begin(), problems_.end(), same), problems_.end());
  const std::size_t more = problems_.size() - std::min(problems_.size(), shown) + dropped_;
  if (more == 0) return std::move(problems_);
  problems_.resize(std::min(problems_.size(), shown));
  model::Mark last = problems_.back().mark;
  problems_.push_back({{last.file, 0, 0}, fmt::format("and {} more problems", more), {}});
  return std::move(problems_);
}

std::string Problem::text() const {
  const std::string line = mark.text() + ": " + message;
  return hint.empty() ? line : line + "; " + hint;
}

Error to_error(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + problem.text();
  return error(Code::invalid, std::move(text));
}

}  // namespace deployctl::plans
