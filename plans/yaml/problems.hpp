// Collects the problems of one load. Owned by load(); one thread. Never fails: above the cap, problems are only
// counted.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/model/mark.hpp"

namespace deployctl::plans {

struct Problem {
  model::Mark mark;
  std::string message;  // "unknown key 'verison'"
  std::string hint;     // "did you mean 'version'?", "allowed: rollback, pause, abort"
  // "deploy.yaml:12:5: unknown key 'verison'; did you mean 'version'?"
  std::string text() const;
};

// Combines the problems into one Error (Code::invalid) with one line each.
Error to_error(const std::vector<Problem>& problems);

class Problems {
 public:
  static constexpr std::size_t shown = 100;

  void add(model::Mark mark, std::string message, std::string hint = {});
  bool empty() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size(); }
  // Returns the problems sorted by file, line and column, without duplicates: the first hundred, then a count of the
  // rest.
  std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
  std::size_t dropped_ = 0;
};

}  // namespace deployctl::plans
