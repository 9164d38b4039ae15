// What was changed in a kept release is found, with the releases that share the file, and staging it again repairs it.
#include "agents/target/slot/tree_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/target/activation/survey.hpp"
#include "agents/target/slot/inspection.hpp"
#include "agents/target/slot/switch.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::overwrite;
using deployctl::testing::read_text;
using deployctl::testing::Tree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

struct TreeCheckTest : deployctl::testing::SlotFixture {
  Tree one{{{"same", {"shared text"}}, {"bin/app", {"app 1", 0755}}}, {{"l", "same"}}};
  Tree two{{{"same", {"shared text"}}, {"bin/app", {"app 2", 0755}}}, {{"l", "same"}}};

  std::string put_on(const Tree& tree, const std::string& version, const Tree& base) {
    const auto release = tree.release(version);
    const auto from = Base::of(slot, base.manifest().digest());
    EXPECT_TRUE(from);
    const auto done = stage(slot, tree, release, &*from);
    EXPECT_TRUE(done) << (done ? "" : done.error().text());
    return release.folder();
  }
  std::optional<Damage> damage(const std::string& folder) { return find_damage(slot, *kept_release(slot, folder)); }
  void confirm(const std::string& folder, std::int64_t time) {
    Receipt receipt;
    receipt.time = time;
    receipt.folder = folder;
    ASSERT_TRUE(append_receipt(slot, receipt));
  }
};

TEST_F(TreeCheckTest, AFileWrittenInPlaceDamagesEveryReleaseThatSharesIt) {
  const auto a = put(one, "1"), b = put_on(two, "2", one);
  ASSERT_FALSE(damage(a));
  ASSERT_FALSE(damage(b));
  overwrite(in(a, "same"), "other bytes");
  ASSERT_TRUE(damage(a));
  EXPECT_THAT(damage(a)->shared_with, ElementsAre(b));
  EXPECT_THAT(damage(a)->text(),
              AllOf(HasSubstr("file same was changed after it was staged"), HasSubstr("shared with " + b)));
  ASSERT_TRUE(damage(b));
  EXPECT_THAT(damage(b)->shared_with, ElementsAre(a));
}

TEST_F(TreeCheckTest, TheWrongBytesAreNoSourceOfTheRepair) {
  const auto a = put(one, "1"), b = put_on(two, "2", one);
  overwrite(in(b, "same"), "other bytes");
  const auto base = Base::of(slot, two.manifest().digest());
  ASSERT_TRUE(base);
  EXPECT_EQ(stage(slot, one, one.release("1"), &*base).error().code, Code::not_found)
      << "a payload without a base is asked for";
  ASSERT_TRUE(stage(slot, one, one.release("1")));
  EXPECT_FALSE(damage(a));
  EXPECT_EQ(read_text(in(a, "same")), "shared text");
  ASSERT_TRUE(damage(b)) << "the other one is repaired by staging it";
  EXPECT_THAT(damage(b)->shared_with, IsEmpty());
  ASSERT_TRUE(stage(slot, two, two.release("2")));
  EXPECT_FALSE(damage(b));
}

TEST_F(TreeCheckTest, EachDifferenceIsCounted) {
  const auto a = put(one, "1");
  overwrite(in(a, "bin/app"), "app X");
  ::unlink(in(a, "same").c_str());
  ::unlink(in(a, "l").c_str());
  ASSERT_EQ(::symlink("bin/app", in(a, "l").c_str()), 0);
  ASSERT_TRUE(damage(a));
  EXPECT_EQ(damage(a)->more, 2u);
}

TEST_F(TreeCheckTest, ARecordThatIsGoneOrBrokenIsDamageAndBlocksNothingElse) {
  const auto a = put(one, "1"), b = put(two, "2");
  ASSERT_TRUE(switch_current(slot, b));
  dir.write("srv/.deployctl/releases/" + a + "/release.json", "{broken");
  ASSERT_TRUE(damage(a));
  EXPECT_EQ(check_whole(slot, a).error().code, Code::verification);
  const auto surveyed = survey(slot, {"redis", "default"}, false);
  ASSERT_TRUE(surveyed) << surveyed.error().text();
  ASSERT_EQ(surveyed->kept_size(), 2);
  EXPECT_TRUE(surveyed->kept(0).damaged());
  ASSERT_TRUE(stage(slot, one, one.release("1"))) << "staged again";
  EXPECT_FALSE(damage(a));
  ASSERT_TRUE(io::remove_tree(slot.state("manifests")));
  EXPECT_TRUE(damage(a));
  EXPECT_TRUE(damage(b));
}

TEST_F(TreeCheckTest, ASurveyInspectsWhatItIsAskedFor) {
  const auto a = put(one, "1"), b = put(two, "2"), c = put({{{"x", {"3"}}}, {}}, "3");
  ASSERT_TRUE(switch_current(slot, c));
  confirm(a, 100);
  confirm(b, 200);
  confirm(c, 300);
  for (const auto& folder : {a, b, c}) {
    const auto file = folder == c ? "x" : "same";
    overwrite(in(folder, file), "changed");
  }
  const auto damaged = [&](const protocol::pb::Inspect& asked) {
    auto surveyed = *survey(slot, {"redis", "default"}, false);
    inspect(slot, asked, surveyed);
    std::vector<std::string> out;
    for (const auto& kept : surveyed.kept())
      if (kept.damaged()) out.push_back(kept.folder());
    EXPECT_EQ(surveyed.current().damaged(), asked.current());
    return out;
  };
  protocol::pb::Inspect asked;
  EXPECT_THAT(damaged(asked), IsEmpty());
  asked.set_current(true);
  EXPECT_THAT(damaged(asked), ElementsAre(c));
  asked.set_previous(true);
  EXPECT_THAT(damaged(asked), ElementsAre(b, c));
  asked.add_releases(one.release("1").digest().raw());
  EXPECT_THAT(damaged(asked), ElementsAre(a, b, c));
}

TEST_F(TreeCheckTest, APlaceholderThatGaveWayToALinkIsNotMissed) {
  model::Activation links;
  links.linked_dirs = {"log"};
  const Tree tree{{{"log/.keep", {""}}, {"name", {"n"}}}, {}};
  const auto folder = put(tree, "1", links);
  EXPECT_FALSE(io::exists(in(folder, "log")));
  EXPECT_FALSE(damage(folder));
  ASSERT_TRUE(link_shared(slot, folder, links));
  EXPECT_FALSE(damage(folder));
  std::ofstream(in(folder, "log/x")) << "line";
  EXPECT_EQ(read_text(slot.shared() + "/log/x"), "line");
  // As a base it has no such file.
  const Tree next{{{"log/.keep", {""}}, {"name", {"m"}}}, {}};
  const auto base = Base::of(slot, tree.manifest().digest());
  ASSERT_TRUE(base);
  ASSERT_TRUE(stage(slot, next, next.release("2", links), &*base));
}

}  // namespace
