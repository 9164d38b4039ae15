// A value that may be a secret, such as a webhook's URL or a token: given literally, or by its source, which is read on
// the control host at each use (core/secret). Only the source is printed, recorded and sent, never the value. A value;
// no I/O.
#pragma once

#include <string>

namespace deployctl::model {

struct SecretSource {
  enum class From { literal, file, env, command };
  From from = From::literal;
  std::string text;    // by `from`: the value, an absolute path, a variable name, or a command for /bin/sh -e
  std::string folder;  // where the command runs; empty: the current folder

  SecretSource() = default;
  SecretSource(std::string literal) : text(std::move(literal)) {}
  SecretSource(const char* literal) : text(literal) {}
  SecretSource(From from, std::string text, std::string folder = {})
      : from(from), text(std::move(text)), folder(std::move(folder)) {}

  bool empty() const { return text.empty(); }
  bool is_literal() const { return from == From::literal; }
  // "{file: /etc/hook}", "{env: HOOK}", "{command: pass show hook}"; for a literal "a value of the plan".
  std::string shown() const;
  // The same for a URL: for a literal its scheme://host:port.
  std::string shown_url() const;
  bool operator==(const SecretSource&) const = default;
};

}  // namespace deployctl::model
