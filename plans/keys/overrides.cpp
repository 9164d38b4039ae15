#include "plans/keys/overrides.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/text/url_text.hpp"

namespace deployctl::plans {
namespace {

struct Override {
  const std::string* shown = nullptr;
  std::vector<std::string> path;
  const Value* value = nullptr;
};

std::optional<std::vector<std::string>> split(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const auto dot = std::min(path.find('.', at), path.size());
    if (dot == at) return std::nullopt;
    parts.emplace_back(path.substr(at, dot - at));
    at = dot + 1;
  }
  return parts;
}

std::string up_to(const Override& over, std::size_t depth) {
  std::string path;
  for (std::size_t i = 0; i < depth; ++i) path += (i == 0 ? "" : ".") + over.path[i];
  return path;
}

// Applies one override along its path. Each value on the path is copied first, because an alias elsewhere may share it.
class Descent {
 public:
  Descent(const Override& over, YamlSource& source, Problems& problems)
      : over_(over), source_(source), problems_(problems) {}

  const Value* from(const Value& value, std::size_t depth) {
    if (depth == over_.path.size()) return over_.value;
    if (value.kind == Value::Kind::list) return in_list(value, depth);
    if (value.kind == Value::Kind::map || value.kind == Value::Kind::null) return in_map(value, depth);
    problem(fmt::format("'{}' is {} and holds no '{}'", up_to(over_, depth), words_for(value), over_.path[depth]));
    return &value;
  }

 private:
  const Value* in_list(const Value& list, std::size_t depth) {
    const std::string& index = over_.path[depth];
    std::size_t i = 0;
    const auto [end, ec] = std::from_chars(index.data(), index.data() + index.size(), i);
    if (ec != std::errc{} || end != index.data() + index.size() || i >= list.size()) {
      problem(fmt::format("'{}' has no item '{}'", up_to(over_, depth), index),
              list.size() == 0 ? "the list is empty" : fmt::format("items are counted from 0 to {}", list.size() - 1));
      return &list;
    }
    Value& copy = source_.make();
    copy = list;
    copy.children[i] = from(list.item(i), depth + 1);
    return &copy;
  }

  const Value* in_map(const Value& map, std::size_t depth) {
    Value& copy = source_.make();
    copy = map;
    if (map.kind == Value::Kind::null) place(copy, Value::Kind::map);
    for (std::size_t i = 0; i < map.size(); ++i) {
      if (map.key(i).text != over_.path[depth]) continue;
      copy.children[2 * i + 1] = from(map.value(i), depth + 1);
      // The key takes the position of the override too, because some problems of a value are reported at its key.
      if (depth + 1 == over_.path.size()) copy.children[2 * i] = &key(depth);
      return &copy;
    }
    Value& absent = source_.make();
    place(absent, Value::Kind::null);
    const Value* made = &key(depth);
    copy.children.push_back(made);
    copy.children.push_back(from(absent, depth + 1));
    return &copy;
  }

  void place(Value& value, Value::Kind kind) {
    value.kind = kind;
    value.line = value.column = 0;
    value.file = over_.shown;
  }

  const Value& key(std::size_t depth) {
    Value& made = source_.make();
    place(made, Value::Kind::scalar);
    made.plain = true;
    made.text = over_.path[depth];
    return made;
  }

  void problem(std::string message, std::string hint = {}) {
    problems_.add({*over_.shown, 0, 0}, std::move(message), std::move(hint));
  }

  const Override& over_;
  YamlSource& source_;
  Problems& problems_;
};

// A problem names the option, but shows neither the secrets of a URL nor the value of a variable.
std::string shown(const std::string& text, std::size_t equals) {
  if (equals == std::string::npos) return text;
  const std::string key = text.substr(0, equals);
  const bool variable = ("." + key).find(".env.") != std::string::npos;
  return key + "=" + (variable ? "..." : with_url_origins(text.substr(equals + 1)));
}

std::optional<Override> parse(const std::string& text, YamlSource& source, Problems& problems) {
  Override over;
  const auto equals = text.find('=');
  over.shown = source.name("--set " + shown(text, equals));
  const auto path = equals == std::string::npos ? std::nullopt : split(std::string_view(text).substr(0, equals));
  if (!path) {
    problems.add({*over.shown, 0, 0}, "not a path of keys and a value", "written as --set release.keep_releases=3");
    return std::nullopt;
  }
  if (equals + 1 == text.size()) {
    problems.add({*over.shown, 0, 0}, "there is no value after the '='", "for an empty text write --set 'key=\"\"'");
    return std::nullopt;
  }
  over.path = *path;
  over.value = source.read_override(text.substr(equals + 1), *over.shown, problems);
  if (!over.value) return std::nullopt;
  return over;
}

}  // namespace

const Value* apply_overrides(const Value* root, const std::vector<std::string>& overrides, YamlSource& source,
                             Problems& problems) {
  for (const auto& text : overrides) {
    const auto over = parse(text, source, problems);
    if (over && root->kind == Value::Kind::map) root = Descent(*over, source, problems).from(*root, 0);
  }
  return root;
}

}  // namespace deployctl::plans
