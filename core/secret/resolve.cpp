#include "core/secret/resolve.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"

namespace deployctl::secret {
namespace {

using From = model::SecretSource::From;

constexpr std::size_t max_bytes = 64 * 1024;
constexpr Duration max_time{std::chrono::seconds(30)};

Result<std::string> from_file(const std::string& path) {
  auto text = io::read_file(path, max_bytes);
  if (!text) return fail(Code::invalid, text.error().message);
  return text;
}

Result<std::string> from_env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) return fail(Code::invalid, "the variable is not set");
  return std::string(value);
}

// The output is the secret, and the error output may contain it, so only the exit status is reported.
Result<std::string> from_command(const model::SecretSource& source) {
  host::Command command;
  command.argv = {"/bin/sh", "-e", "-c", source.text};
  command.cwd = source.folder;
  const auto ran = host::run(command, max_time);
  if (!ran) return fail(Code::invalid, ran.error().message);
  if (!ran->exit.ok()) return fail(Code::invalid, "the command ended with " + ran->exit.text());
  return ran->out;
}

Result<std::string> read(const model::SecretSource& source) {
  switch (source.from) {
    case From::literal:
      return source.text;
    case From::file:
      return from_file(source.text);
    case From::env:
      return from_env(source.text);
    case From::command:
      return from_command(source);
  }
  return fail(Code::internal, "an unknown source");
}

Result<std::string> checked(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Code::invalid, "it is empty");
  if (text.size() > max_bytes) return fail(Code::invalid, "it is longer than " + std::to_string(max_bytes) + " bytes");
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; });
  if (control) return fail(Code::invalid, "it is not one line of plain text");
  return text;
}

}  // namespace

Result<std::string> resolve(const model::SecretSource& source) {
  auto text = read(source);
  if (text) text = checked(std::move(*text));
  if (!text) return fail(with_context(text.error(), "the secret " + source.shown() + " can't be read"));
  return text;
}

}  // namespace deployctl::secret
