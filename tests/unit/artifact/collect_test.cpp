#include "core/artifact/collect.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"

namespace deployctl::artifact {
namespace {

using deployctl::testing::TempDir;
using model::ArtifactRule;
using model::EntryType;

class CollectTest : public ::testing::Test {
 protected:
  CollectTest() {
    dir_.write("src/redis-server", "elf", 0755);
    dir_.write("src/redis-cli", "elf2", 0775);
    dir_.write("src/a.c", "c");
    dir_.write("src/deep/er/b.c", "bc");
    dir_.write("redis.conf", "conf", 0600);
    dir_.write("dist/index.html", "html");
    dir_.write("dist/css/x.css", "css");
    dir_.write("dist/.hidden", "dot");
    dir_.write(".git/HEAD", "ref");
    dir_.write("dist/.git/HEAD", "ref");
    dir_.write(".env", "secret");
  }
  static ArtifactRule rule(std::string from, std::optional<std::string> to = {}, unsigned line = 12) {
    return {std::move(from), std::move(to), {"deploy.yaml", line, 7}};
  }
  // "path mode" of what was found, folders with a slash at the end, links with their text.
  std::vector<std::string> paths(const std::vector<ArtifactRule>& rules) {
    const auto found = collect(dir_.path(), rules);
    if (!found) return {"<" + found.error().text() + ">"};
    std::vector<std::string> out;
    for (const auto& one : *found) {
      if (one.entry.type == EntryType::folder) out.push_back(one.entry.path + "/");
      if (one.entry.type == EntryType::link) out.push_back(one.entry.path + " -> " + one.entry.link);
      if (one.entry.type == EntryType::file) out.push_back(one.entry.path + (one.entry.mode == 0755 ? " x" : ""));
    }
    return out;
  }
  Error failure(const std::vector<ArtifactRule>& rules) {
    const auto found = collect(dir_.path(), rules);
    return found ? error(Code::internal, "it was taken") : found.error();
  }
  using Paths = std::vector<std::string>;
  TempDir dir_;
};

TEST_F(CollectTest, LeavesOutWhatARuleExcludes) {
  const auto without = [&](const std::string& from, std::vector<std::string> exclude) {
    auto one = rule(from);
    one.exclude = std::move(exclude);
    return paths({one});
  };
  EXPECT_EQ(without("src", {"*.c"}),
            (Paths{"src/", "src/deep/", "src/deep/er/", "src/redis-cli x", "src/redis-server x"}));
  EXPECT_EQ(without("src", {"deep"}), (Paths{"src/", "src/a.c", "src/redis-cli x", "src/redis-server x"}));
  EXPECT_EQ(without("src", {"src/deep", "src/redis-*"}), (Paths{"src/", "src/a.c"}));
  EXPECT_EQ(without("src", {"src/**/b.c", "redis-*"}), (Paths{"src/", "src/a.c", "src/deep/", "src/deep/er/"}));
  EXPECT_EQ(without("dist", {".*"}), (Paths{"dist/", "dist/css/", "dist/css/x.css", "dist/index.html"}));
  EXPECT_EQ(without("dist", {"css/x.css", "index.htm"}),
            (Paths{"dist/", "dist/.hidden", "dist/css/", "dist/css/x.css", "dist/index.html"}))
      << "not from the top, not the whole name";
  EXPECT_EQ(without("**/*.c", {"src/deep/**"}), (Paths{"src/a.c"}));
  auto all = rule("redis.conf");
  all.exclude = {"*.conf"};
  EXPECT_EQ(failure({all}).text(),
            "deploy.yaml:12:7: artifact rule 'redis.conf' takes nothing: `exclude` leaves out all that it matches");
  EXPECT_EQ(paths({all, rule("redis.conf", "etc/")})[0].substr(0, 12), "<deploy.yaml");
}

TEST_F(CollectTest, KeepsThePathWithoutToTheNameBeneathAFolderAndRenamesOne) {
  EXPECT_EQ(paths({rule("redis.conf")}), (Paths{"redis.conf"}));
  EXPECT_EQ(paths({rule("src/redis-server", "bin/")}), (Paths{"bin/redis-server x"}));
  EXPECT_EQ(paths({rule("src/redis-server", "bin/server")}), (Paths{"bin/server x"}));
  EXPECT_EQ(paths({rule("./src/a.c", "./")}), (Paths{"a.c"}));
}

TEST_F(CollectTest, TakesAFolderWholeButNeverDotGit) {
  const Paths whole{"dist/", "dist/.hidden", "dist/css/", "dist/css/x.css", "dist/index.html"};
  EXPECT_EQ(paths({rule("dist")}), whole);
  EXPECT_EQ(paths({rule("dist/")}), whole);
  EXPECT_EQ(paths({rule("dist", "www")}),
            (Paths{"www/", "www/.hidden", "www/css/", "www/css/x.css", "www/index.html"}));
  EXPECT_EQ(paths({rule("dist", "www/")}).front(), "www/dist/");
  EXPECT_EQ(paths({rule("dist", ".")}), (Paths{".hidden", "css/", "css/x.css", "index.html"}));
  for (const auto& path : paths({rule(".")})) EXPECT_EQ(path.find(".git"), std::string::npos) << path;
  EXPECT_EQ(failure({rule(".git/HEAD")}).code, Code::build_failed);
  EXPECT_EQ(failure({rule(".git")}).code, Code::build_failed);
}

TEST_F(CollectTest, MatchesGlobsByParts) {
  EXPECT_EQ(paths({rule("src/redis-*", "bin/")}), (Paths{"bin/redis-cli x", "bin/redis-server x"}));
  EXPECT_EQ(paths({rule("src/redis-cl?")}), (Paths{"src/redis-cli x"}));
  EXPECT_EQ(paths({rule("src/[ab].c")}), (Paths{"src/a.c"}));
  EXPECT_EQ(paths({rule("src/**/*.c")}), (Paths{"src/a.c", "src/deep/er/b.c"}));
  EXPECT_EQ(paths({rule("**/*.c", "all/")}), (Paths{"all/a.c", "all/b.c"}));
  EXPECT_EQ(paths({rule("dist/**")}), (Paths{"dist/css/x.css", "dist/index.html"}));
  EXPECT_EQ(paths({rule("*.conf")}), (Paths{"redis.conf"}));
  EXPECT_EQ(paths({rule("*")}).front(), "dist/");  // .env must be written out
  EXPECT_EQ(paths({rule(".e*")}), (Paths{".env"}));
}

TEST_F(CollectTest, ANameThatIsThereIsMeantAsItStands) {
  for (const char* path :
       {"pages/[slug].js", "pages/s.js", "pages/[id]/p.js", "pages/i/p.js", "pages/what?", "pages/whats"})
    dir_.write(path, path);
  EXPECT_EQ(paths({rule("pages/[slug].js")}), (Paths{"pages/[slug].js"}));
  EXPECT_EQ(paths({rule("pages/[id]/p.js")}), (Paths{"pages/[id]/p.js"}));
  EXPECT_EQ(paths({rule("pages/[id]/*.js")}), (Paths{"pages/[id]/p.js"}));
  EXPECT_EQ(paths({rule("pages/what?")}), (Paths{"pages/what?"}));
  EXPECT_EQ(paths({rule("pages/[st].js")}), (Paths{"pages/s.js"})) << "a pattern where nothing has that name";
  EXPECT_EQ(paths({rule("pages/\\[s*.js")}), (Paths{"pages/[slug].js"}))
      << "a backslash takes the meaning from one character";
  dir_.write("star/*", "a mistake");
  dir_.write("star/a", "a");
  EXPECT_EQ(paths({rule("star/*")}), (Paths{"star/*", "star/a"})) << "a star is a pattern whatever is there";
  auto without = rule("pages");
  without.exclude = {"pages/[slug].js", "pages/[id]", "pages/what?"};
  EXPECT_EQ(paths({without}), (Paths{"pages/", "pages/i/", "pages/i/p.js", "pages/s.js", "pages/whats"}));
}

TEST_F(CollectTest, ARuleThatMatchesNothingNamesItsPlaceAndWhatIsThere) {
  const auto e = failure({rule("redis.conf"), rule("src/redis-sever", "bin/", 14)});
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_EQ(e.text(), "deploy.yaml:14:7: artifact rule 'src/redis-sever' matches nothing");
  EXPECT_EQ(e.hint, "src holds a.c, deep, redis-cli, redis-server");
  EXPECT_EQ(failure({rule("nowhere/x*")}).hint.substr(0, 18), "the checkout holds");
}

TEST_F(CollectTest, OneNameForSeveralIsRefused) {
  const auto e = failure({rule("src/redis-*", "bin/redis")});
  EXPECT_NE(e.text().find("deploy.yaml:12:7: artifact rule 'src/redis-*' matches 2 paths"), std::string::npos)
      << e.text();
}

TEST_F(CollectTest, OnePathWithTwoContentsIsRefusedAndWithOneIsFine) {
  dir_.write("other/redis.conf", "different");
  dir_.write("copy/redis.conf", "conf");
  EXPECT_EQ(paths({rule("redis.conf"), rule("redis.conf"), rule("copy/redis.conf", "./")}), (Paths{"redis.conf"}));
  const auto e = failure({rule("redis.conf", {}, 3), rule("other/*", "./", 4)});
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_NE(e.text().find("deploy.yaml:4:7: artifact path 'redis.conf'"), std::string::npos) << e.text();
  EXPECT_NE(e.text().find("deploy.yaml:3:7"), std::string::npos) << e.text();
}

TEST_F(CollectTest, KeepsLinksThatStayInsideAndRefusesOthers) {
  ASSERT_EQ(::symlink("redis-server", (dir_ / "src/redis").c_str()), 0);
  ASSERT_EQ(::symlink("../redis.conf", (dir_ / "src/up").c_str()), 0);
  EXPECT_EQ(paths({rule("src/redis")}), (Paths{"src/redis -> redis-server"}));
  EXPECT_EQ(paths({rule("src/up")}), (Paths{"src/up -> ../redis.conf"}));
  EXPECT_NE(failure({rule("src/up", "up")}).text().find("leads out of the artifact"), std::string::npos);
  ASSERT_EQ(::symlink("/etc/passwd", (dir_ / "src/abs").c_str()), 0);
  const auto e = failure({rule("src")});
  EXPECT_EQ(e.code, Code::build_failed);
  EXPECT_NE(e.text().find("deploy.yaml:12:7: artifact path 'src/abs' is a link to '/etc/passwd'"), std::string::npos)
      << e.text();
}

TEST_F(CollectTest, NeverReachesThroughALink) {
  TempDir outside;
  outside.write("secret", "s");
  ASSERT_EQ(::symlink(outside.path().c_str(), (dir_ / "bazel-bin").c_str()), 0);
  EXPECT_NE(failure({rule("bazel-bin/secret")}).text().find("bazel-bin is a symbolic link"), std::string::npos);
  EXPECT_NE(failure({rule("*/secret")}).text().find("matches nothing"), std::string::npos);
  EXPECT_NE(failure({rule("**/secret")}).text().find("matches nothing"), std::string::npos);
  for (const char* out : {"../x", "/etc/passwd", "a/../../x", "src//a.c"})
    EXPECT_EQ(failure({rule(out)}).code, Code::build_failed) << out;
  for (const char* out : {"../x", "/etc/x", "a/../x", "a//b"})
    EXPECT_NE(failure({rule("redis.conf", out)}).code, Code::internal) << out;
}

TEST_F(CollectTest, RefusesSocketsDevicesAndLfsPointers) {
  ASSERT_EQ(::mkfifo((dir_ / "dist/pipe").c_str(), 0644), 0);
  EXPECT_NE(failure({rule("dist")}).text().find("dist/pipe is neither a file, a folder nor a symbolic link"),
            std::string::npos);
  dir_.write("model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
  const auto e = failure({rule("model.bin")});
  EXPECT_NE(e.text().find("git-lfs pointer"), std::string::npos) << e.text();
  EXPECT_NE(e.hint.find("git lfs pull"), std::string::npos);
}

TEST_F(CollectTest, RefusesNamesThatAreNotUtf8) {
  dir_.write("dist/caf\xe9", "x");
  EXPECT_NE(failure({rule("dist")}).text().find("is not UTF-8"), std::string::npos);
}

// Modes without rights for others are kept, the rest becomes the usual ones.
TEST_F(CollectTest, CarriesWhoMayReadAndExecute) {
  struct Case {
    unsigned here, carried;
  };
  for (const auto& [here, carried] : {Case{0600, 0600},
                                      {0400, 0600},
                                      {0700, 0700},
                                      {0640, 0640},
                                      {0750, 0750},
                                      {0644, 0644},
                                      {0664, 0644},
                                      {0755, 0755},
                                      {0777, 0755},
                                      {0444, 0644},
                                      {04755, 0755}}) {
    dir_.write("m/file", "x");
    ASSERT_EQ(::chmod((dir_ / "m/file").c_str(), here), 0);
    const auto found = collect(dir_.path(), {rule("m/file")});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->front().entry.mode, carried) << std::oct << here;
  }
  dir_.write("out/tls.key", "key", 0644);
  ASSERT_EQ(::chmod((dir_ / "out").c_str(), 0700), 0);
  const auto whole = collect(dir_.path(), {rule("out")});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->front().entry.mode, 0700u);
  const auto taken_out = collect(dir_.path(), {rule("out/tls.key", "key")});
  ASSERT_TRUE(taken_out);
  EXPECT_EQ(taken_out->front().entry.mode, 0600u) << "nobody else could reach it in its folder";
}

TEST_F(CollectTest, SaysWhatOfTheModesIsNotCarried) {
  dir_.write("out/setuid", "x", 0755);
  dir_.write("out/tmp/x", "x");
  dir_.write("out/tls.key", "key", 0600);
  ASSERT_EQ(::chmod((dir_ / "out/setuid").c_str(), 06755), 0);
  ASSERT_EQ(::chmod((dir_ / "out/tmp").c_str(), 01777), 0);
  std::vector<std::string> notes;
  ASSERT_TRUE(collect(dir_.path(), {rule("out")}, &notes));
  std::string all;
  for (const auto& note : notes) all += note + "\n";
  for (const char* part : {"the setuid bit of out/setuid (mode 6755)", "the setgid bit of out/setuid",
                           "the sticky bit of out/tmp (mode 1777)", "the right of everybody to write of out/tmp",
                           "without rights for others are kept on the targets: out/tls.key"})
    EXPECT_NE(all.find(part), std::string::npos) << part << " in:\n" << all;
  ASSERT_TRUE(collect(dir_.path(), {rule("src")}, &notes));
  EXPECT_TRUE(notes.empty());
}

TEST_F(CollectTest, SaysWhatHasCapabilitiesOrAttributes) {
  dir_.write("out/app", "x", 0755);
  if (::setxattr((dir_ / "out/app").c_str(), "user.note", "1", 1, 0) != 0)
    GTEST_SKIP() << "this file system has no extended attributes";
  std::vector<std::string> notes;
  ASSERT_TRUE(collect(dir_.path(), {rule("out")}, &notes));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes.front().find("the extended attribute user.note of out/app"), std::string::npos);
}

}  // namespace
}  // namespace deployctl::artifact
