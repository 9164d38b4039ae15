// A value that may be a secret, such as a webhook's URL or a token: written out, or named by where it is read from each
// time that it is used, on the control host (core/secret reads it). What is shown, recorded and sent to others is where
// it comes from, never what it is. A value; no I/O.
#pragma once

#include <string>

namespace deployctl::model {

struct SecretSource {
  enum class From { literal, file, env, command };
  From from = From::literal;
  std::string text;    // the value itself; an absolute path; a variable's name; a command for /bin/sh -e
  std::string folder;  // where a command runs; empty: the current folder

  SecretSource() = default;
  SecretSource(std::string literal) : text(std::move(literal)) {}
  SecretSource(const char* literal) : text(literal) {}
  SecretSource(From from, std::string text, std::string folder = {})
      : from(from), text(std::move(text)), folder(std::move(folder)) {}

  bool empty() const { return text.empty(); }
  bool is_literal() const { return from == From::literal; }
  // "{file: /etc/hook}", "{env: HOOK}", "{command: pass show hook}"; of a literal "a value of the plan".
  std::string shown() const;
  // The same for a URL: a literal's scheme://host:port.
  std::string shown_url() const;
  bool operator==(const SecretSource&) const = default;
};

}  // namespace deployctl::model
