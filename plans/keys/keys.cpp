#include "plans/keys/keys.hpp"

#include <fmt/format.h>

#include "core/text/nearest_word.hpp"

namespace deployctl::plans {
namespace {

std::string in_words(const Cursor& at) {
  const std::string path = at.path();
  return path.empty() ? "" : " in '" + path + "'";
}

std::string path_of(const Cursor& at, std::string_view name) {
  const std::string path = at.path();
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void unknown_key(const Cursor& at, const Value& key, const KeyName* keys, std::size_t count) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < count; ++i)
    if (keys[i].need != Need::later) known.emplace_back(keys[i].name);
  at.problems().add(key.mark(), fmt::format("unknown key '{}'{}", key.text, in_words(at)),
                    text::did_you_mean(key.text, known));
}

void take_key(const Cursor& at, const Value& key, const Value& value, const KeyName& known, const Value*& out) {
  if (known.need == Need::later)
    at.problems().add(key.mark(), fmt::format("'{}' is not supported yet", path_of(at, key.text)),
                      "take it out: it would have no effect");
  else if (value.kind == Value::Kind::null)
    at.problems().add(
        key.mark(), fmt::format("'{}' has no value", path_of(at, key.text)),
        fmt::format("give {}{}", known.takes, known.need == Need::required ? "" : ", or take the line out"));
  else
    out = &value;
}

}  // namespace

bool match_keys(const Cursor& at, const KeyName* keys, std::size_t count, const Value** values) {
  const Value& map = at.value();
  if (map.kind != Value::Kind::map) {
    at.wrong("a map of keys and values");
    return false;
  }
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < map.size(); ++i) {
    std::size_t k = 0;
    while (k < count && keys[k].name != map.key(i).text) ++k;
    if (k == count) {
      unknown_key(at, map.key(i), keys, count);
      continue;
    }
    seen |= std::uint64_t{1} << k;
    take_key(at, map.key(i), map.value(i), keys[k], values[k]);
  }
  for (std::size_t k = 0; k < count; ++k)
    if (keys[k].need == Need::required && (seen >> k & 1) == 0)
      at.problem(fmt::format("'{}' is missing", path_of(at, keys[k].name)), fmt::format("give {}", keys[k].takes));
  return true;
}

}  // namespace deployctl::plans
