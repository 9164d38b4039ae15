// A JSON object as text, member after member in the order added, so that commands can print JSON without compiling a
// JSON library each. A value. Text that isn't UTF-8 (a build's output) has its bad bytes replaced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deployctl::cli {

std::string json_quote(std::string_view text);

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text) { return add_raw(name, json_quote(text)); }
  JsonObject& add(std::string_view name, const std::string& text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, bool value) { return add_raw(name, value ? "true" : "false"); }
  JsonObject& add(std::string_view name, std::uint64_t value) { return add_raw(name, std::to_string(value)); }
  JsonObject& add(std::string_view name, unsigned value) { return add_raw(name, std::to_string(value)); }
  JsonObject& add(std::string_view name, double value);  // three decimals: seconds
  JsonObject& add(std::string_view name, const std::vector<std::string>& texts);
  // An object, an array, null: JSON already.
  JsonObject& add_raw(std::string_view name, std::string_view json);
  JsonObject& add_null(std::string_view name) { return add_raw(name, "null"); }
  // Left out when empty.
  JsonObject& add_if(std::string_view name, std::string_view text) { return text.empty() ? *this : add(name, text); }

  JsonObject& add_members(const JsonObject& other);

  std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// "[a,b]" of JSON texts.
std::string json_array(const std::vector<std::string>& items);

}  // namespace deployctl::cli
