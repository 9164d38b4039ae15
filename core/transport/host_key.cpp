#include "core/transport/host_key.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <sstream>

#include "core/io/files.hpp"
#include "core/transport/encoding.hpp"

namespace deployctl::transport {
namespace {

constexpr std::uint64_t max_file = 16 * 1024 * 1024;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string name_of(const std::string& host, unsigned port) {
  return lower(port == 22 ? host : "[" + host + "]:" + std::to_string(port));
}

// Supports `*` and `?`. Backtracks to the last star only, so the cost is at most pattern length times text length.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*')
      star = p++, resume = t;
    else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]))
      ++p, ++t;
    else if (star != std::string_view::npos)
      p = star + 1, t = ++resume;
    else
      return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct HashedName {
  std::string salt;
  std::string hash;
};

// Parses "|1|salt|hash".
std::optional<HashedName> parse_hashed(std::string_view names) {
  const auto bar = names.find('|', 3);
  if (!names.starts_with("|1|") || bar == std::string_view::npos) return std::nullopt;
  const auto salt = detail::from_base64(names.substr(3, bar - 3));
  const auto hash = detail::from_base64(names.substr(bar + 1));
  if (!salt || !hash || salt->empty() || hash->size() != 20) return std::nullopt;
  return HashedName{*salt, *hash};
}

bool matches_hashed(std::string_view names, const std::string& name) {
  const auto hashed = parse_hashed(names);
  if (!hashed) return false;
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha1(), hashed->salt.data(), static_cast<int>(hashed->salt.size()),
            reinterpret_cast<const unsigned char*>(name.data()), name.size(), mac, &size))
    return false;
  return hashed->hash == std::string_view(reinterpret_cast<const char*>(mac), size);
}

// `names` is a comma-separated list of patterns. A negated pattern that matches overrides all others.
bool matches(const std::string& names, const std::string& name) {
  if (names.starts_with('|')) return matches_hashed(names, name);
  bool found = false;
  std::istringstream list(names);
  for (std::string pattern; std::getline(list, pattern, ',');) {
    const bool negated = pattern.starts_with('!');
    if (!matches_pattern(lower(negated ? pattern.substr(1) : pattern), name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

Result<HostKey> parse_key(const std::string& type, const std::string& base64) {
  const auto blob = detail::from_base64(base64);
  if (!blob || type.empty())
    return fail(Code::invalid, "not a line of known_hosts: it takes names, a key type and a key");
  if (detail::type_of_blob(*blob) != type)
    return fail(Code::invalid, "the key is not of the type that the line names, " + type);
  return HostKey{type, *blob};
}

}  // namespace

std::string HostKey::fingerprint() const { return detail::fingerprint_of(blob); }

Result<KnownHosts> KnownHosts::load(const std::string& path) {
  const auto read = io::read_file(path, max_file);
  if (!read) return fail(with_hint(read.error(), "known_hosts pins the hosts' keys: ssh-keyscan HOST >> " + path));
  const std::string& text = *read;
  KnownHosts known;
  std::istringstream lines(text);
  unsigned number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = path + ":" + std::to_string(++number);
    std::istringstream words(line);
    std::string names, type, base64;
    words >> names >> type >> base64;
    if (names.empty() || names.starts_with('#')) continue;
    if (names.starts_with('@'))
      return fail(with_hint(error(Code::unsupported, where + ": " + names + " lines are not supported"),
                            "give deployctl a known_hosts file of its own, with plain lines only"));
    if (names.starts_with('|') && !parse_hashed(names)) return fail(Code::invalid, where + ": not a hashed host name");
    auto key = parse_key(type, base64);
    if (!key) return fail(with_context(key.error(), where));
    known.add(std::move(names), std::move(*key));
  }
  return known;
}

void KnownHosts::add(std::string names, HostKey key) {
  const std::size_t at = lines_.size();
  if (names.find_first_of("*?!|") != std::string::npos) {
    patterns_.push_back(at);
  } else {
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ',');) plain_[lower(name)].push_back(at);
  }
  lines_.push_back({std::move(names), std::move(key)});
}

// Returns the lines that may match the name, in file order.
std::vector<std::size_t> KnownHosts::candidates(const std::string& name) const {
  std::vector<std::size_t> found = patterns_;
  if (const auto plain = plain_.find(name); plain != plain_.end())
    found.insert(found.end(), plain->second.begin(), plain->second.end());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<HostKey> KnownHosts::keys_of(const std::string& host, unsigned port) const {
  const auto named = [this](const std::string& name) {
    std::vector<HostKey> keys;
    for (const auto at : candidates(name)) {
      const auto& line = lines_[at];
      if (matches(line.names, name) && std::find(keys.begin(), keys.end(), line.key) == keys.end())
        keys.push_back(line.key);
    }
    return keys;
  };
  auto keys = named(name_of(host, port));
  // As in ssh, a line without a port applies to every port that has no line of its own.
  return keys.empty() && port != 22 ? named(name_of(host, 22)) : keys;
}

}  // namespace deployctl::transport
