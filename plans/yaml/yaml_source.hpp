// YAML as a tree of values with positions. The tree is built from yaml-cpp's events instead of its nodes: nodes lose
// the position of null values, accept duplicate keys silently, and use five times the memory for a big fleet. Owned by
// load(), which outlives every Value; one thread. Problems are reported to Problems; no exception escapes.
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
  bool plain = false;                  // a scalar without quotes: 5 is a number, "5" is text
  std::uint32_t line = 0, column = 0;  // 1-based; line 0: from an override
  const std::string* file = nullptr;
  std::string text;                    // of a scalar
  std::vector<const Value*> children;  // items of a list; alternating keys and values of a map

  std::size_t size() const { return kind == Kind::map ? children.size() / 2 : children.size(); }
  const Value& key(std::size_t i) const { return *children[2 * i]; }
  const Value& value(std::size_t i) const { return *children[2 * i + 1]; }
  const Value& item(std::size_t i) const { return *children[i]; }
  const Value* find(std::string_view name) const;  // value of a key in a map; nullptr: none
  model::Mark mark() const { return {*file, line, column}; }
};

// Describes a value in an error message: "a map", "a list", "the text 'x'", "nothing".
std::string words_for(const Value& value);

class YamlSource {
 public:
  static constexpr std::uint64_t largest = 16ULL * 1024 * 1024;

  // Returns the only document of a file, or nullptr if it can't be read or isn't YAML. `shown` is the file's name in
  // marks. A read error is reported at `named_by`, the value that named the file, if there is one.
  const Value* read_file(const std::string& path, const std::string& shown, Problems& problems,
                         const Value* named_by = nullptr);
  // Parses text from memory.
  const Value* read_text(const std::string& text, const std::string& shown, Problems& problems);
  // Parses the value of "--set key=value". Every mark in it is `shown`, without a line.
  const Value* read_override(const std::string& text, const std::string& shown, Problems& problems);

  Value& make() { return values_.emplace_back(); }
  const std::string* name(const std::string& shown) { return &names_.emplace_back(shown); }

 private:
  const Value* parse(const std::string& text, const std::string* file, bool with_lines, Problems& problems);

  std::deque<Value> values_;
  std::deque<std::string> names_;
};

}  // namespace deployctl::plans
