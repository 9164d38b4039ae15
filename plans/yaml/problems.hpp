// Where the mistakes of one load gather. Owned by load(); one thread. Never fails: beyond the cap it counts.
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

// One Error (Code::invalid) with a line for each problem.
Error to_error(const std::vector<Problem>& problems);

class Problems {
 public:
  static constexpr std::size_t shown = 100;

  void add(model::Mark mark, std::string message, std::string hint = {});
  bool empty() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size(); }
  // Sorted by file, line and column, each once; the first hundred, then how many more there are.
  std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
  std::size_t dropped_ = 0;
};

}  // namespace deployctl::plans
