#include "plans/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace deployctl::plans {
namespace {

// A fleet of a million wrong hosts must not cost a million messages.
constexpr std::size_t kept = 10'000;

auto order(const Problem& p) { return std::tie(p.mark.file, p.mark.line, p.mark.column, p.message); }

bool same(const Problem& a, const Problem& b) { return order(a) == order(b); }

}  // namespace

void Problems::add(model::Mark mark, std::string message, std::string hint) {
  Problem problem{std::move(mark), std::move(message), std::move(hint)};
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
  if (problems_.size() <= shown) return std::move(problems_);
  const std::size_t more = problems_.size() - shown + dropped_;
  problems_.resize(shown);
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
