// Runs a piece of a test in a child with a file system of its own at `dir`, 4 MiB of it: what happens on a
// full disk, without root. The body answers a word, empty when all was as promised.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"

namespace deployctl::testing {

inline bool mount_small_disk(const std::string& dir) {
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  const auto write_proc = [](const std::string& path, const std::string& text) {
    const auto fd = io::open_fd(path, O_WRONLY);
    return fd && io::write_all(fd->get(), as_bytes(text));
  };
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_proc("/proc/self/setgroups", "deny") &&
         write_proc("/proc/self/uid_map", "0 " + uid + " 1") && write_proc("/proc/self/gid_map", "0 " + gid + " 1") &&
         ::mount("none", dir.c_str(), "tmpfs", 0, "size=4m") == 0;
}

template <class Body>
void on_a_small_disk(const std::string& dir, Body body) {
  auto words = io::make_pipe();
  ASSERT_TRUE(words);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!mount_small_disk(dir)) ::_exit(77);
    const std::string wrong = body();
    (void)io::write_all(words->write.get(), as_bytes(wrong));
    ::_exit(wrong.empty() ? 0 : 1);
  }
  words->write.reset();
  std::string said;
  for (char c = 0; ::read(words->read.get(), &c, 1) == 1;) said += c;
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << said;
}

}  // namespace deployctl::testing
