#include "core/host/free_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::target;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

Error full() { return os_error(ENOSPC, "write /srv/app/releases/.staging-v1/f"); }

}  // namespace

TEST(FreeSpace, OfAPlaceThatIsNotThereYetIsThatOfTheFolderAbove) {
  const deployctl::testing::TempDir dir;
  const auto space = host::free_space(dir / "not/there/yet");
  ASSERT_TRUE(space);
  EXPECT_GT(space->bytes, 0u);
}

TEST(ExplainStorage, MissingInodesAreToldFromMissingBytes) {
  const auto inodes = host::explain_storage(full(), "/srv/app", {host::FreeSpace{52'400'000, 0}, "", true, "deploy"});
  EXPECT_THAT(inodes.text(), HasSubstr("in /srv/app, where 0 inodes are free"));
  EXPECT_THAT(inodes.hint, HasSubstr("df -i /srv/app"));
  const auto bytes = host::explain_storage(full(), "/srv/app", {host::FreeSpace{4096, 100'000}, "", true, "deploy"});
  EXPECT_THAT(bytes.text(), HasSubstr("in /srv/app, where 0.0 MB are free: write"));
  EXPECT_THAT(bytes.hint, HasSubstr("df -h /srv/app"));
  EXPECT_THAT(bytes.hint, Not(HasSubstr("df -i")));
  // A file system without a limit of its own (btrfs) reports no number of inodes.
  EXPECT_THAT(host::explain_storage(full(), "/srv/app", {host::FreeSpace{4096, {}}, "", true, "deploy"}).hint,
              HasSubstr("df -h"));
  EXPECT_THAT(host::explain_storage(full(), "/srv/app", {{}, "", true, "deploy"}).hint, HasSubstr("df -i"));
}

TEST(ExplainStorage, AQuotaAndAReadOnlyFileSystemHaveCuresOfTheirOwn) {
  EXPECT_THAT(host::explain_storage(os_error(EDQUOT, "write x"), "/srv/app",
                                    {host::FreeSpace{1'000'000'000, 1'000}, "", true, "deploy"})
                  .hint,
              HasSubstr("quota"));
  const auto read_only =
      host::explain_storage(os_error(EROFS, "make folder /srv/app"), "/srv/app", {{}, "/srv", true, "deploy"});
  EXPECT_EQ(read_only.code, Code::denied);
  EXPECT_THAT(read_only.hint, HasSubstr("findmnt -T /srv/app"));
}

TEST(ExplainStorage, MissingRightsNameTheFolderAndTheUser) {
  const auto denied = os_error(EACCES, "make folder /srv/app");
  EXPECT_THAT(host::explain_storage(denied, "/srv/app", {{}, "/srv", false, "deploy"}).hint,
              HasSubstr("sudo install -d -o deploy /srv/app"));
  EXPECT_THAT(host::explain_storage(denied, "/srv/app", {{}, "/srv/app/releases", true, "deploy"}).hint,
              HasSubstr("deploy can't write to /srv/app/releases"));
  EXPECT_THAT(host::explain_storage(denied, "/srv/app", {{}, "", true, "deploy"}).hint,
              HasSubstr("lsattr -d /srv/app"));
}

TEST(ExplainStorage, OtherErrorsAndThoseWithAHintStayAsTheyAre) {
  const auto other = error(Code::locked, "held");
  EXPECT_EQ(host::explain_storage(other, "/srv/app").text(), "held");
  const auto hinted = with_hint(full(), "its own");
  EXPECT_EQ(host::explain_storage(hinted, "/srv/app").hint, "its own");
  EXPECT_EQ(host::explain_storage(hinted, "/srv/app").text(), hinted.text());
}
