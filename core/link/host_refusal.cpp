#include "core/link/host_refusal.hpp"

#include <cerrno>
#include <cstring>

#include "core/link/host_words.hpp"

namespace deployctl::link {

Error host_refusal(std::string_view printed) {
  // Prefix of the installer's messages; removed because deployctl prints the same prefix.
  constexpr std::string_view own = "deployctl: ";
  if (printed.starts_with(own)) printed.remove_prefix(own.size());
  const std::string words(printed);
  const auto says = [&](int errnum) { return words.find(std::strerror(errnum)) != std::string::npos; };
  const std::string on_host = "on the host: ";
  if (says(EDQUOT))
    return with_hint(error(Code::no_space, words), on_host + "quota -s; free some space in the home folder");
  if (says(ENOSPC))
    return with_hint(error(Code::no_space, words),
                     on_host + "df -h ~ and df -i ~ show whether space or inodes have run out; free some there");
  if (says(EROFS))
    return with_hint(error(Code::denied, words), "the file system is mounted read-only; " + on_host + "findmnt -T ~");
  if (says(EACCES) || says(EPERM))
    return with_hint(error(Code::denied, words),
                     on_host + "ls -ld ~ ~/.cache ~/.cache/deployctl; the login's user must be able to write there");
  return with_hint(error(Code::unreachable, words), advice_for(words));
}

}  // namespace deployctl::link
