#include "plans/fleet/ranges.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace deployctl::plans {
namespace {

struct Span {
  std::uint64_t from = 0, to = 0;
  std::size_t width = 0;  // 0: not padded
};

struct Piece {
  std::string literal;
  std::vector<Span> spans;  // of the brackets that follow; none: the end of the text
  std::uint64_t count() const {
    std::uint64_t n = 0;
    for (const auto& span : spans) n += span.to - span.from + 1;
    return n;
  }
};

Result<std::uint64_t> number(std::string_view digits, std::string_view range) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (ec != std::errc{} || end != digits.data() + digits.size() || digits.empty() || digits.size() > 9)
    return fail(Code::invalid, fmt::format("'[{}]' is no range: numbers only, as in [1-3,7] or [01-20]", range));
  return value;
}

bool padded(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

Result<Span> parse_span(std::string_view text, std::string_view range) {
  const auto dash = text.find('-');
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = dash == std::string_view::npos ? first : text.substr(dash + 1);
  DEPLOYCTL_TRY(from, number(first, range));
  DEPLOYCTL_TRY(to, number(last, range));
  if (to < from) return fail(Code::invalid, fmt::format("the range '[{}]' runs backwards", range));
  const bool pad = padded(first) || padded(last);
  if (pad && first.size() != last.size())
    return fail(Code::invalid, fmt::format("the ends of '[{}]' are padded to different widths: write [01-20]", range));
  return Span{from, to, pad ? first.size() : 0};
}

Result<std::vector<Span>> parse_range(std::string_view range) {
  std::vector<Span> spans;
  for (std::size_t at = 0; at <= range.size();) {
    const auto comma = std::min(range.find(',', at), range.size());
    DEPLOYCTL_TRY(span, parse_span(range.substr(at, comma - at), range));
    spans.push_back(span);
    at = comma + 1;
  }
  return spans;
}

Result<std::vector<Piece>> parse(std::string_view text) {
  std::vector<Piece> pieces;
  for (;;) {
    const auto open = text.find('[');
    const auto stray = text.substr(0, open).find(']');
    if (stray != std::string_view::npos) return fail(Code::invalid, fmt::format("']' without '[' in '{}'", text));
    Piece piece{std::string(text.substr(0, open)), {}};
    if (open == std::string_view::npos) {
      pieces.push_back(std::move(piece));
      return pieces;
    }
    const auto close = text.find(']', open);
    if (close == std::string_view::npos) return fail(Code::invalid, fmt::format("'[' without ']' in '{}'", text));
    DEPLOYCTL_TRY(spans, parse_range(text.substr(open + 1, close - open - 1)));
    piece.spans = std::move(spans);
    pieces.push_back(std::move(piece));
    text.remove_prefix(close + 1);
  }
}

void expand(const std::vector<Piece>& pieces, std::size_t at, std::string& host, std::vector<std::string>& into) {
  const auto length = host.size();
  host += pieces[at].literal;
  const auto before = host.size();
  if (pieces[at].spans.empty()) into.push_back(host);
  for (const auto& span : pieces[at].spans) {
    for (auto n = span.from; n <= span.to; ++n) {
      host.resize(before);
      fmt::format_to(std::back_inserter(host), "{:0{}}", n, span.width);
      expand(pieces, at + 1, host, into);
    }
  }
  host.resize(length);
}

bool is_ipv6(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool is_ipv4(const std::string& host) {
  std::array<unsigned char, 4> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1;
}

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

}  // namespace

Result<std::vector<std::string>> expand_hosts(std::string_view text, std::uint64_t most) {
  DEPLOYCTL_TRY(pieces, parse(text));
  std::uint64_t total = 1;
  for (const auto& piece : pieces) {
    if (piece.spans.empty()) continue;
    total *= piece.count();
    // Checked after each factor, because the product of a few ranges can overflow 64 bits.
    if (total > most) break;
  }
  if (total > most) return fail(Code::invalid, fmt::format("'{}' takes the fleet above {} targets", text, max_targets));
  std::vector<std::string> hosts;
  hosts.reserve(total);
  std::string host;
  expand(pieces, 0, host, hosts);
  return hosts;
}

Status check_host(const std::string& host) {
  const auto bad_host = [&](std::string_view why) {
    return fail(Code::invalid, fmt::format("'{}' is no host: {}", host, why));
  };
  if (host.empty()) return bad_host("it is empty");
  if (host.size() > 253) return bad_host("longer than 253 characters");
  if (host.front() == '-') return bad_host("it begins with '-'");
  if (host.find('@') != std::string::npos) return bad_host("the user goes into 'user'");
  if (host.find("://") != std::string::npos) return bad_host("a name or an address, not a URL");
  const auto colons = std::count(host.begin(), host.end(), ':');
  if (colons == 1) return bad_host("the port goes into 'port'");
  if (colons > 1) return is_ipv6(host) ? Status{} : Status(bad_host("not an IPv6 address"));
  if (!std::all_of(host.begin(), host.end(), name_character)) return bad_host("letters, digits, '.', '-' and '_' only");
  if (host.front() == '.' || host.find("..") != std::string::npos) return bad_host("an empty part between dots");
  if (host.find_first_not_of("0123456789.") == std::string::npos && !is_ipv4(host))
    return bad_host("not an IPv4 address");
  return {};
}

std::string plain_host(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  }
  std::string out = host;
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace deployctl::plans
