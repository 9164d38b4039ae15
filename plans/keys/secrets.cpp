#include "plans/keys/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/secret/resolve.hpp"
#include "core/text/url_text.hpp"
#include "core/text/utf8.hpp"
#include "plans/keys/keys.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

using From = model::SecretSource::From;

constexpr const char* form = "{file: PATH}, {env: NAME} or {command: \"...\"}";

struct SecretDraft {
  model::SecretSource source;
  unsigned given = 0;
};

void take(SecretDraft& into, From from, std::string text) {
  ++into.given;
  into.source = {from, std::move(text)};
}

void read_file(const Cursor& at, SecretDraft& into) {
  const auto text = read_text(at);
  if (text && text::has_control(*text)) return at.problem(fmt::format("'{}' may hold no tabs or line ends", at.path()));
  if (text && has_no_variable(at, *text)) take(into, From::file, *text);
}

void read_env_name(const Cursor& at, SecretDraft& into) {
  const auto text = read_text(at);
  if (!text) return;
  const bool name =
      std::all_of(text->begin(), text->end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  if (!name || std::isdigit(static_cast<unsigned char>(text->front())))
    return at.wrong("the name of a variable", "without '$', such as {env: TOKEN}");
  take(into, From::env, *text);
}

void read_command(const Cursor& at, SecretDraft& into) {
  if (auto text = read_text(at)) take(into, From::command, std::move(*text));
}

constexpr std::array secret_keys{Key<SecretDraft>{"file", Need::optional, "the path of a file", read_file},
                                 Key<SecretDraft>{"env", Need::optional, "the name of a variable", read_env_name},
                                 Key<SecretDraft>{"command", Need::optional, "a command that prints it", read_command}};

std::optional<model::SecretSource> read_map_form(const Cursor& at) {
  SecretDraft draft;
  const auto before = at.problems().size();
  if (!read_map(at, secret_keys, draft)) return std::nullopt;
  if (draft.given != 1) {
    if (at.problems().size() == before)
      at.problem(fmt::format("'{}' has one of file, env and command", at.path()), fmt::format("write {}", form));
    return std::nullopt;
  }
  // A path on the command line is relative to the current directory.
  if (at.mark().line == 0) draft.source = anchored(std::move(draft.source), std::filesystem::current_path().string());
  return draft.source;
}

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

bool holds_a_secret(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"authorization", "cookie", "token", "key", "secret", "password"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

model::SecretSource anchored(model::SecretSource source, const std::string& dir) {
  if (source.from == From::file) {
    if (auto path = local_path(source.text, dir)) source.text = std::move(*path);
  } else if (source.from == From::command && source.folder.empty()) {
    source.folder = dir;
  }
  return source;
}

bool names_a_secret(const Value& value) {
  if (value.kind != Value::Kind::map || value.line != 0 || value.size() != 1) return false;
  const std::string& key = value.key(0).text;
  return key == "file" || key == "env" || key == "command";
}

std::optional<std::string> read_override_secret(const Cursor& at) {
  const auto source = read_map_form(at);
  if (!source) return std::nullopt;
  auto text = secret::resolve(*source);
  if (text) return std::move(*text);
  at.problem(text.error().text());
  return std::nullopt;
}

std::optional<model::SecretSource> read_secret(const Cursor& at) {
  if (at.value().kind == Value::Kind::map) return read_map_form(at);
  if (at.value().kind != Value::Kind::scalar) {
    at.problem(fmt::format("'{}' must be a text, {}", at.path(), form));
    return std::nullopt;
  }
  const auto text = read_text(at);
  if (!text) return std::nullopt;
  if (text::has_control(*text)) {
    at.problem(fmt::format("'{}' may hold no tabs or line ends", at.path()));
    return std::nullopt;
  }
  return model::SecretSource(*text);
}

std::optional<model::SecretSource> read_secret_source(const Cursor& at) {
  if (at.value().kind == Value::Kind::map) return read_map_form(at);
  at.problem(fmt::format("'{}' must say where the secret is kept, not what it is", at.path()),
             fmt::format("write {}", form));
  return std::nullopt;
}

std::optional<model::SecretSource> read_http_url(const Cursor& at) {
  auto source = read_secret(at);
  if (!source || !source->is_literal()) return source;
  if (!has_no_variable(at, source->text, true)) return std::nullopt;
  if (is_http_url(source->text) && source->text.find(' ') == std::string::npos) return source;
  const std::string origin = url_origin(source->text);
  at.problem(fmt::format("'{}' must be an http or https URL{}", at.path(), origin.empty() ? "" : ", not " + origin),
             fmt::format("such as http://prometheus:9090, or {}", form));
  return std::nullopt;
}

void read_headers(const Cursor& at, model::SecretHeaders& into) {
  read_entries(at, "{Authorization: {env: TOKEN}}", [&](const Value& key, const Cursor& value) {
    if (!is_token(key.text)) {
      at.problems().add(key.mark(), fmt::format("'{}' is not the name of a header", key.text),
                        "letters, digits, '-' and '_'");
      return;
    }
    auto source = holds_a_secret(key.text) ? read_secret_source(value) : read_secret(value);
    if (source) into[key.text] = std::move(*source);
  });
}

void list_secret(const std::string& prefix, std::vector<std::string>& into) { list_keys(secret_keys, prefix, into); }

void list_headers(const std::string& prefix, std::vector<std::string>& into) {
  into.push_back(prefix + ".*");
  list_secret(prefix + ".*", into);
}

void anchor_secrets(model::Plan& plan, const std::string& dir) {
  const auto anchor = [&](model::SecretSource& source) { source = anchored(std::move(source), dir); };
  const auto anchor_all = [&](model::SecretHeaders& headers) {
    for (auto& [name, source] : headers) anchor(source);
  };
  anchor(plan.build.token);
  for (auto& wave : plan.rollout.waves) {
    for (auto& gate : wave.gates) {
      if (auto* metric = std::get_if<model::MetricProbe>(&gate.probe)) {
        anchor(metric->prometheus);
        anchor_all(metric->headers);
      } else if (auto* webhook = std::get_if<model::WebhookProbe>(&gate.probe)) {
        anchor(webhook->url);
        anchor_all(webhook->headers);
      }
    }
  }
}

Result<model::SecretSource> parse_url_option(const std::string& option, const std::string& text) {
  YamlSource source;
  Problems problems;
  if (!text.starts_with('{')) {
    if (is_http_url(text)) return model::SecretSource(text);
    return fail(with_hint(error(Code::invalid, option + ": not an http or https URL"),
                          fmt::format("write http://host/path, or {} in quotes", form)));
  }
  const Value* value = source.read_override(text, option, problems);
  const auto read = value ? read_http_url(Cursor(*value, problems)) : std::nullopt;
  if (read && problems.empty()) return *read;
  return fail(with_hint(error(Code::invalid, option + ": it can't be understood"), fmt::format("write {}", form)));
}

}  // namespace deployctl::plans
