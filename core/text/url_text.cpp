#include "core/text/url_text.hpp"

#include <algorithm>
#include <cctype>

namespace deployctl {
namespace {

bool is_scheme(unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; }

// The end of a URL that begins at offset 0.
std::size_t end_of(std::string_view url) { return std::min(url.find_first_of(" \t\r\n\"'`<>"), url.size()); }

}  // namespace

std::string url_origin(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto begin = scheme + 3;
  std::string_view authority = url.substr(begin, std::min(url.find_first_of("/?#", begin), url.size()) - begin);
  // A password may contain an unescaped '/', '?' or '#', so the host may begin after the last '@' instead.
  const std::string_view rest = url.substr(begin);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos && at >= authority.size()) {
    const auto colon = authority.find(':');
    const bool is_port = colon != std::string_view::npos && colon + 1 < authority.size() &&
                         std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(colon) + 1, authority.end(),
                                     [](unsigned char c) { return std::isdigit(c); });
    if (colon != std::string_view::npos && !is_port) {
      const std::string_view after = rest.substr(at + 1);
      authority = after.substr(0, std::min(after.find_first_of("/?#"), after.size()));
    }
  }
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  return std::string(url.substr(0, begin)) + std::string(authority);
}

std::string with_url_origins(std::string_view text) {
  std::string out;
  for (;;) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos) return out + std::string(text);
    std::size_t begin = mark;
    while (begin > 0 && is_scheme(static_cast<unsigned char>(text[begin - 1]))) --begin;
    const std::string_view url = text.substr(begin, end_of(text.substr(begin)));
    out += std::string(text.substr(0, begin)) + url_origin(url);
    text.remove_prefix(begin + url.size());
  }
}

bool is_http_url(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  return url_origin(url).size() > url.find("://") + 3;
}

std::vector<std::string> url_secrets(std::string_view url) {
  std::vector<std::string> out;
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return out;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string origin = url_origin(url);
  const std::string host = origin.substr(origin.find("://") + 3);
  const auto at = rest.find(host);
  if (at != std::string_view::npos) {
    out.emplace_back(rest.substr(0, at));
    out.emplace_back(rest.substr(at + host.size()));
  }
  std::string part;
  for (const char c : rest) {
    if (std::string_view("/?#&=@:").find(c) == std::string_view::npos) {
      part += c;
      continue;
    }
    out.push_back(std::move(part));
    part.clear();
  }
  out.push_back(std::move(part));
  std::erase_if(out, [&](const std::string& one) { return host.find(one) != std::string::npos; });
  return out;
}

std::string without(std::string text, std::vector<std::string> secrets) {
  constexpr std::size_t min_length = 6;
  // Longest first, so that no part of a longer secret is left.
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const auto& secret : secrets) {
    if (secret.size() < min_length) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "...");
  }
  return text;
}

}  // namespace deployctl
