// URLs as they may be shown: a path or a query often holds a token, and what stands before '@' a password. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deployctl {

// "scheme://host:port" of a URL; "" for a text without "://".
std::string url_origin(std::string_view url);
// The text with each URL in it, up to the next space or quote, as its origin.
std::string with_url_origins(std::string_view text);

// Begins with http:// or https:// and has a host.
bool is_http_url(std::string_view url);
// The parts of a URL that may be secrets: what stands before '@', the path with its query, and each longer part of
// them.
std::vector<std::string> url_secrets(std::string_view url);
// The text with each of these, where it is long enough to be no common word, replaced by "...".
std::string without(std::string text, std::vector<std::string> secrets);

}  // namespace deployctl
