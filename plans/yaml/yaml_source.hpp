// YAML as a tree of values that each know their place. Built from yaml-cpp's events rather than its nodes:
// those lose the place of what is null, take a key twice without a word, and cost five times the memory in a
// big fleet. Owned by load(), which outlives every Value; one thread. Mistakes go to Problems; no exception
// leaves.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "plans/yaml/problems.hpp"

namespace deployctl::plans {

struct Value {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool plain = false;                  // a scalar without quotes: 5 is a number, "5" a text
  std::uint32_t line = 0, column = 0;  // 1-based; line 0: from an override
  const std::string* file = nullptr;
  std::string text;                    // of a scalar
  std::vector<const Value*> children;  // a list's items; a map's key, value, key, value

  std::size_t size() const { return kind == Kind::map ? children.size() / 2 : children.size(); }
  const Value& key(std::size_t i) const { return *children[2 * i]; }
  const Value& value(std::size_t i) const { return *children[2 * i + 1]; }
  const Value& item(std::size_t i) const { return *children[i]; }
  const Value* find(std::string_view name) const;  // a map's value
  model::Mark mark() const { return {*file, line, column}; }
};

// "a map", "a list", "the text 'x'", "nothing": for errors.
std::string words_for(const Value& value);

class YamlSource {
 public:
  static constexpr std::uint64_t largest = 16ULL * 1024 * 1024;

  // The one document of a file; nullptr when it can't be read or isn't YAML. `shown` names it in marks. That
  // it can't be read is told at the place that named it, if one did.
  const Value* read_file(const std::string& path, const std::string& shown, Problems& problems,
                         const Value* named_by = nullptr);
  // The same from memory.
  const Value* read_text(const std::string& text, const std::string& shown, Problems& problems);
  // The value of "--set key=value": every place in it is `shown`, without a line.
  const Value* read_override(const std::string& text, const std::string& shown, Problems& problems);

  Value& make() { return values_.emplace_back(); }
  const std::string* name(const std::string& shown) { return &names_.emplace_back(shown); }

 private:
  const Value* parse(const std::string& text, const std::string* file, bool with_lines, Problems& problems);

  std::deque<Value> values_;
  std::deque<std::string> names_;
};

}  // namespace deployctl::plans
