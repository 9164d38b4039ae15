#include "core/link/host_refusal.hpp"

#include <gtest/gtest.h>

namespace deployctl::link {
namespace {

TEST(HostRefusal, AFullDiskAndMissingRightsAreCalledSo) {
  const auto full = host_refusal(
      "deployctl: cannot install the agent: head: error writing 'standard output': No space left on device");
  EXPECT_EQ(full.code, Code::no_space);
  EXPECT_EQ(full.message, "cannot install the agent: head: error writing 'standard output': No space left on device");
  EXPECT_NE(full.hint.find("df -i"), std::string::npos);
  EXPECT_EQ(host_refusal("mkdir: cannot create directory: Disk quota exceeded").code, Code::no_space);
  EXPECT_EQ(host_refusal("mkdir: cannot create directory '/home/x/.cache': Permission denied").code, Code::denied);
  EXPECT_EQ(host_refusal("chmod: changing permissions: Operation not permitted").code, Code::denied);
  const auto read_only = host_refusal("mkdir: cannot create directory: Read-only file system");
  EXPECT_EQ(read_only.code, Code::denied);
  EXPECT_NE(read_only.hint.find("findmnt"), std::string::npos);
}

TEST(HostRefusal, OtherWordsAreThoseOfAHostThatCannotBeReached) {
  const auto other = host_refusal("deployctl: cannot install the agent: what arrived has another checksum");
  EXPECT_EQ(other.code, Code::unreachable);
}

}  // namespace
}  // namespace deployctl::link
