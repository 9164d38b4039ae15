// A value of the tree, the path that leads to it, and where its problems are reported. Every reader takes one. Cursors
// are on the stack of load(), and each refers to the one that it came from; one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/model/amount.hpp"
#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

class Cursor {
 public:
  Cursor(const Value& value, Problems& problems) : value_(value), problems_(problems) {}

  const Value& value() const { return value_; }
  Problems& problems() const { return problems_; }
  model::Mark mark() const { return value_.mark(); }
  // "release.hooks.start", "rollout.waves.0.targets": the form that --set uses.
  std::string path() const;
  Cursor key(std::string_view name, const Value& value) const { return {*this, name, 0, value}; }
  Cursor item(std::size_t i) const { return {*this, {}, i, value_.item(i)}; }
  void problem(std::string message, std::string hint = {}) const {
    problems_.add(mark(), std::move(message), std::move(hint));
  }
  // "'release.keep_releases' must be a whole number, not 'five'".
  void wrong(std::string_view wanted, std::string hint = {}) const;

 private:
  Cursor(const Cursor& above, std::string_view key, std::size_t index, const Value& value)
      : value_(value), problems_(above.problems_), above_(&above), key_(key), index_(index) {}

  const Value& value_;
  Problems& problems_;
  const Cursor* above_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

// Typed readers. Each reports what is wrong and then returns std::nullopt or false.
std::optional<std::string> read_text(const Cursor& at);  // a scalar as written; never empty
std::optional<unsigned> read_number(const Cursor& at, unsigned least, unsigned most);
std::optional<Duration> read_duration(const Cursor& at, bool zero_is_fine = false);
std::optional<model::Amount> read_amount(const Cursor& at, bool zero_is_fine);
std::optional<std::size_t> read_word(const Cursor& at, std::span<const std::string> words);  // index of the word
// A scalar of one line that doesn't begin with '-': it is passed in an argv or a URL.
std::optional<std::string> read_argument(const Cursor& at);
// Calls `read` for each item of a list. `example` shows how to write such a list.
bool read_list(const Cursor& at, std::string_view example, const std::function<void(const Cursor&)>& read);
// Calls `read` for each key and value of a map whose keys are chosen by the user.
bool read_entries(const Cursor& at, std::string_view example,
                  const std::function<void(const Value& key, const Cursor&)>& read);

}  // namespace deployctl::plans
