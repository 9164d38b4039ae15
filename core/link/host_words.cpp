#include "core/link/host_words.hpp"

namespace deployctl::link {
namespace {

struct Advice {
  std::string_view words;  // a part of the printed text
  const char* text;
};

constexpr const char* or_in_place = ", or put deploy-agent in place yourself (deploy-agent(8), Forced commands)";

constexpr Advice known[] = {
    {"No space left", "make room for the agent in the login's home: df -h ~; df -i ~"},
    {"quota exceeded", "make room for the agent in the login's home: quota"},
    {"noexec", "remount the home's file system with exec"},
    {"Read-only file system", "make the login's home writable"},
    {"has no `", "install coreutils or busybox on the host"},
    {"cannot run the agent", "install coreutils or busybox on the host; the agent is for one machine type only"},
    {"Permission denied", "let the login own its home and ~/.cache: ls -ld ~ ~/.cache"},
    {"account is currently not available", "give the account a shell that runs commands: usermod -s /bin/sh USER"},
    {"assword", "log in by hand with ssh once and change the account's password, or lift its expiry: chage -l USER"},
    {"account has expired", "lift the account's expiry: chage -l USER"},
};

}  // namespace

std::string advice_for(std::string_view words) {
  for (const auto& advice : known) {
    if (words.find(advice.words) == std::string_view::npos) continue;
    const bool about_the_home = advice.words == "noexec" || advice.words == "Read-only file system";
    return std::string(advice.text) + (about_the_home ? or_in_place : "");
  }
  return "log in by hand with ssh and see what its shell's start-up files print, ask for or wait for";
}

}  // namespace deployctl::link
