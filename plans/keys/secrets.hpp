// The only form in which a plan and the command line name a secret: {file: PATH}, {env: NAME} or {command: "..."}. The
// secret itself is not read here, except for `--set`, because such a value becomes part of the plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// Reads a literal text or the source of a secret. A problem never shows the literal.
std::optional<model::SecretSource> read_secret(const Cursor& at);
// Reads a secret where a literal is not allowed, such as a token.
std::optional<model::SecretSource> read_secret_source(const Cursor& at);
// Reads an http or https URL. A URL from a secret source is checked when it is used.
std::optional<model::SecretSource> read_http_url(const Cursor& at);
// Reads a map of header names and secrets.
void read_headers(const Cursor& at, model::SecretHeaders& into);

// `--set KEY='{env: NAME}'` works for any key that takes a text. The secret is read immediately, because it becomes
// part of the plan.
bool names_a_secret(const Value& value);
std::optional<std::string> read_override_secret(const Cursor& at);

void list_secret(const std::string& prefix, std::vector<std::string>& into);
void list_headers(const std::string& prefix, std::vector<std::string>& into);

// Resolves a file relative to `dir`, and makes a command run in `dir`.
model::SecretSource anchored(model::SecretSource source, const std::string& dir);
// Anchors every secret of the plan in `dir`, the plan's folder.
void anchor_secrets(model::Plan& plan, const std::string& dir);

// Parses the value of an option that takes a URL, which may be a secret: a literal, or "{env: NAME}" as in a plan. The
// Code::invalid error never contains the value.
Result<model::SecretSource> parse_url_option(const std::string& option, const std::string& text);

}  // namespace deployctl::plans
