// Removes secrets from URLs for display: paths and queries often contain tokens, and a password may precede '@'. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deployctl {

// "scheme://host:port" of a URL; "" for text without "://".
std::string url_origin(std::string_view url);
// Replaces each URL in the text (up to the next space, quote or angle bracket) with its origin.
std::string with_url_origins(std::string_view text);

// Whether the URL begins with http:// or https:// and has a host.
bool is_http_url(std::string_view url);
// The parts of a URL that may be secrets: what precedes the host, what follows it, and each component of the URL that
// is not part of the host.
std::vector<std::string> url_secrets(std::string_view url);
// Replaces these secrets in the text with "..."; ignores those shorter than 6 bytes, which may be common words.
std::string without(std::string text, std::vector<std::string> secrets);

}  // namespace deployctl
