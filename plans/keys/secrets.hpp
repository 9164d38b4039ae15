// The one form in which a plan and the command line name a secret: {file: PATH}, {env: NAME} or {command: "..."}.
// Nothing is read here, but for `--set`, whose values are part of the plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// A text, or where it comes from. What is written out is never shown in a mistake.
std::optional<model::SecretSource> read_secret(const Cursor& at);
// The same for a place where no secret may be written out, such as a token.
std::optional<model::SecretSource> read_secret_source(const Cursor& at);
// An http or https URL; where it comes from elsewhere, that is seen when it is used.
std::optional<model::SecretSource> read_http_url(const Cursor& at);
// A map of header names and secrets.
void read_headers(const Cursor& at, model::SecretHeaders& into);

// `--set KEY='{env: NAME}'`, of any key that takes a text: the value is read at once, being a part of the plan.
bool names_a_secret(const Value& value);
std::optional<std::string> read_override_secret(const Cursor& at);

void list_secret(const std::string& prefix, std::vector<std::string>& into);
void list_headers(const std::string& prefix, std::vector<std::string>& into);

// A file is relative to `dir`, a command runs there.
model::SecretSource anchored(model::SecretSource source, const std::string& dir);
// Files are relative to the plan, and commands run in its folder.
void anchor_secrets(model::Plan& plan, const std::string& dir);

// The value of an option that takes a URL, which may be a secret: a text, or "{env: NAME}" as in a plan. Code::invalid
// never repeats it.
Result<model::SecretSource> parse_url_option(const std::string& option, const std::string& text);

}  // namespace deployctl::plans
