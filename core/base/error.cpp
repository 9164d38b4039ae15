#include "core/base/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace deployctl {
namespace {

struct Word {
  Code code;
  const char* word;
};

constexpr std::array words{
    Word{Code::internal, "internal"},
    Word{Code::invalid, "invalid"},
    Word{Code::not_found, "absent"},
    Word{Code::exists, "exists"},
    Word{Code::build_failed, "build_failed"},
    Word{Code::unreachable, "unreachable"},
    Word{Code::authentication, "authentication"},
    Word{Code::host_key, "host_key"},
    Word{Code::verification, "verification"},
    Word{Code::no_space, "no_space"},
    Word{Code::denied, "denied"},
    Word{Code::locked, "locked"},
    Word{Code::refused, "refused"},
    Word{Code::unhealthy, "unhealthy"},
    Word{Code::hook_failed, "hook_failed"},
    Word{Code::timed_out, "timed_out"},
    Word{Code::cancelled, "cancelled"},
    Word{Code::disconnected, "disconnected"},
    Word{Code::unsupported, "unsupported"},
};

Code code_of(int errnum) {
  switch (errnum) {
    case ENOENT:
      return Code::not_found;
    case EEXIST:
      return Code::exists;
    case ENOSPC:
    case EDQUOT:
      return Code::no_space;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::denied;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Code::unreachable;
    case ETIMEDOUT:
      return Code::timed_out;
    case ECONNRESET:
    case EPIPE:
      return Code::disconnected;
    default:
      return Code::internal;
  }
}

}  // namespace

const char* to_string(Code code) {
  for (const auto& w : words)
    if (w.code == code) return w.word;
  return "internal";
}

Code to_code(const std::string& word) {
  for (const auto& w : words)
    if (word == w.word) return w.code;
  return Code::internal;
}

std::string Error::text() const {
  std::string out = message;
  // Several layers may add the same host; print it once.
  for (const auto& where : context)
    if (const std::string prefix = where + ": "; !out.starts_with(prefix)) out.insert(0, prefix);
  return out;
}

Error error(Code code, std::string message) { return {code, std::move(message), {}, {}}; }

Error os_error(int errnum, const std::string& what) {
  return error(code_of(errnum), what + ": " + std::strerror(errnum));
}

}  // namespace deployctl
