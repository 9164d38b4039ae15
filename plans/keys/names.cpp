#include "plans/keys/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plans/keys/secrets.hpp"

namespace deployctl::plans {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_env_name(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

void read_variable(const Value& key, const Cursor& at, std::span<const std::string_view> reserved,
                   model::Environment& into) {
  const Value& value = at.value();
  if (!is_env_name(key.text))
    at.problems().add(key.mark(), fmt::format("'{}' is no name of a variable", key.text),
                      "letters, digits and '_', no digit first");
  else if (std::find(reserved.begin(), reserved.end(), key.text) != reserved.end())
    at.problems().add(key.mark(), fmt::format("'{}' is set by deployctl itself", key.text), "choose another name");
  else if (value.kind == Value::Kind::null)
    at.problems().add(key.mark(), fmt::format("'{}' has no value", at.path()), "write \"\" for an empty text");
  else if (names_a_secret(value)) {
    if (auto text = read_override_secret(at)) into[key.text] = std::move(*text);
  } else if (value.kind != Value::Kind::scalar)
    at.wrong("a text, a number or true or false");
  else
    into[key.text] = value.text;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && (is_letter(text[0]) || is_digit(text[0])) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

std::optional<std::string> read_name(const Cursor& at) {
  auto text = read_text(at);
  if (!text) return std::nullopt;
  if (!is_name(*text)) {
    at.wrong("a name", "letters, digits, '.', '_' and '-', a letter or digit first");
    return std::nullopt;
  }
  return text;
}

void read_env(const Cursor& at, std::span<const std::string_view> reserved, model::Environment& into) {
  read_entries(at, "{PORT: \"6400\"}",
               [&](const Value& key, const Cursor& value) { read_variable(key, value, reserved, into); });
}

std::optional<model::Selector> read_selector(const Cursor& at) {
  auto text = read_text(at);
  if (!text) return std::nullopt;
  auto selector = model::Selector::parse(*text);
  if (!selector) {
    at.problem(selector.error().message, "written as \"role=cache,env=prod\"");
    return std::nullopt;
  }
  return *selector;
}

bool read_texts(const Cursor& at, std::string_view example, std::vector<std::string>& into) {
  return read_list(at, example, [&](const Cursor& item) {
    if (auto text = read_text(item)) into.push_back(std::move(*text));
  });
}

}  // namespace deployctl::plans
