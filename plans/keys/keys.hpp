// Declares the keys of one kind of map, each once: its name, whether it is required, what it accepts, and how it is
// read. The readers, the "allowed" lists of errors and the test of the schema all use these tables. Constant.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

enum class Need { optional, required, later };  // later: reserved by the language, and rejected until it is implemented

// Adds the paths beneath a key: "build.repo", "build.artifact[].from", "build.env.*".
using ListInside = void (*)(const std::string& prefix, std::vector<std::string>& into);

template <class T>
struct Key {
  std::string_view name;
  Need need = Need::optional;
  std::string_view takes{};                           // "a path, or a file, ssh or https URL"
  void (*read)(const Cursor& at, T& into) = nullptr;  // null for `later`
  ListInside inside = nullptr;
};

template <class T>
constexpr Key<T> later(std::string_view name) {
  return {name, Need::later};
}

// The part of a Key that doesn't depend on T.
struct KeyName {
  std::string_view name;
  Need need;
  std::string_view takes;
};
// Fills in the value of each key that is present and readable, and reports the rest. Returns false if the value is not
// a map.
bool match_keys(const Cursor& at, const KeyName* keys, std::size_t count, const Value** values);

template <class T, std::size_t N>
bool read_map(const Cursor& at, const std::array<Key<T>, N>& keys, T& into) {
  std::array<KeyName, N> names;
  for (std::size_t i = 0; i < N; ++i) names[i] = {keys[i].name, keys[i].need, keys[i].takes};
  std::array<const Value*, N> values{};
  if (!match_keys(at, names.data(), N, values.data())) return false;
  // In the order of the table, not of the file: keys that set defaults for others come first.
  for (std::size_t i = 0; i < N; ++i)
    if (values[i]) keys[i].read(at.key(keys[i].name, *values[i]), into);
  return true;
}

template <class T, std::size_t N>
void list_keys(const std::array<Key<T>, N>& keys, const std::string& prefix, std::vector<std::string>& into) {
  for (const auto& key : keys) {
    if (key.need == Need::later) continue;
    const std::string path = prefix + (prefix.empty() ? "" : ".") + std::string(key.name);
    into.push_back(path);
    if (key.inside) key.inside(path, into);
  }
}

}  // namespace deployctl::plans
