// The diagram in CMakeLists.txt is true: each module includes what its line lists and lists what it includes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/structure/module_map.hpp"

using namespace deployctl;
using deployctl::testing::read_text;
using namespace deployctl::structure;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

namespace fs = std::filesystem;

const ModuleMap& modules() {
  static const ModuleMap map(read_text(root + "/CMakeLists.txt"));
  return map;
}

// Relative to the root.
std::vector<std::string> sources() {
  std::vector<std::string> out;
  for (const char* top : {"cli", "core", "agents", "plans"})
    for (const auto& entry : fs::recursive_directory_iterator(root + "/" + top)) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") out.push_back(fs::relative(entry.path(), root));
    }
  return out;
}

std::string without_comment(std::string text) { return std::regex_replace(text, std::regex("//[^\n]*"), ""); }

const char* const small_map = R"(
module(low      USES asio)
module(middle   USES low)
module(cli/top  USES middle
                     low)
program(tool STATIC IN agents USES cli/top)
)";

}  // namespace

TEST(Structure, TheMapIsReadFromCMakeLists) {
  const ModuleMap small(small_map);
  ASSERT_EQ(small.modules().size(), 4u);
  EXPECT_EQ(small.of("cli/top/a.cpp")->name, "cli/top");
  EXPECT_EQ(small.of("core/low/a.cpp")->name, "low");
  EXPECT_TRUE(small.of("agents/main.cpp")->program);
  EXPECT_EQ(small.of("core/high/a.cpp"), nullptr);
  EXPECT_THAT(small.reach("cli/top"), ::testing::UnorderedElementsAre("cli/top", "middle", "low", "asio"));
}

TEST(Structure, AnIncludeThatIsNotListedIsAViolation) {
  const ModuleMap small(small_map);
  EXPECT_EQ(violation(small, "core/middle/a.cpp", {"core/low/b.hpp", true}), "");
  EXPECT_EQ(violation(small, "cli/top/a.cpp", {"core/low/b.hpp", true}), "");
  EXPECT_THAT(violation(small, "core/low/a.cpp", {"core/middle/b.hpp", true}), HasSubstr("low does not list middle"));
  EXPECT_THAT(violation(small, "agents/a.cpp", {"core/low/b.hpp", true}), HasSubstr("tool does not list low"));
  EXPECT_THAT(violation(small, "core/low/a.cpp", {"b.hpp", true}), HasSubstr("which is in no module"));
  EXPECT_THAT(violation(small, "core/high/a.cpp", {"core/low/b.hpp", true}), HasSubstr("is in no module"));
  EXPECT_THAT(violation(small, "cli/top/a.cpp", {"agents/b.hpp", true}), HasSubstr("belongs to a program"));
  EXPECT_EQ(violation(small, "core/low/a.cpp", {"asio/steady_timer.hpp", false}), "");
  EXPECT_EQ(violation(small, "core/low/a.hpp", {"asio/awaitable.hpp", false}), "");
  EXPECT_THAT(violation(small, "core/low/a.hpp", {"asio/steady_timer.hpp", false}), HasSubstr("may include only"));
  EXPECT_THAT(violation(small, "core/low/a.cpp", {"libssh2.h", false}), HasSubstr("low does not list libssh2"));
}

TEST(Structure, ADependencyThatNoFileUsesIsFound) {
  const ModuleMap small(small_map);
  EXPECT_THAT(unused(small, {{"core/low/a.cpp", {{"asio/post.hpp", false}}},
                             {"core/middle/a.cpp", {{"core/low/b.hpp", true}}},
                             {"cli/top/a.hpp", {{"core/low/b.hpp", true}}},
                             {"agents/main.cpp", {{"cli/top/a.hpp", true}}}}),
              ElementsAre("cli/top lists middle"));
}

TEST(Structure, AnIncludeIsFoundInEverySpelling) {
  const auto found = includes_of("#include <a/b.h>\n  #  include \"c/d.hpp\"  // why\n// #include <no>\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "a/b.h");
  EXPECT_EQ(found[1].what, "c/d.hpp");
  EXPECT_TRUE(found[1].ours);
}

TEST(Structure, ArrowsPointDown) {
  std::set<std::string> above;  // the diagram is read from its top: not declared yet
  ASSERT_GT(modules().modules().size(), 40u);
  for (const auto& module : modules().modules()) above.insert(module.name);
  for (const auto& module : modules().modules()) {
    for (const auto& used : module.uses) {
      EXPECT_FALSE(above.contains(used)) << module.name << " uses " << used << ", which is declared below it";
      const Module* other = modules().find(used);
      if (other && module.dir.starts_with("core/")) {
        EXPECT_TRUE(other->dir.starts_with("core/")) << module.name << " uses " << used;
      }
    }
    above.erase(module.name);
  }
}

TEST(Structure, EveryIncludeIsListed) {
  std::vector<std::string> violations;
  const auto files = sources();
  ASSERT_GT(files.size(), 100u);
  for (const auto& file : files)
    for (const auto& include : includes_of(read_text(root + "/" + file)))
      if (const auto wrong = violation(modules(), file, include); !wrong.empty()) violations.push_back(wrong);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(Structure, EveryListedDependencyIsIncluded) {
  std::map<std::string, std::vector<Include>> files;
  for (const auto& file : sources()) files[file] = includes_of(read_text(root + "/" + file));
  EXPECT_THAT(unused(modules(), files), IsEmpty());
}

TEST(Structure, DecisionsUseValuesOnly) {
  for (const auto& used : modules().find("rollout/decision")->uses)
    EXPECT_THAT((std::vector<std::string>{"base", "model", "events"}), ::testing::Contains(used));
}

TEST(Structure, RolloutsAreDrivenWithoutSsh) {
  for (const char* no : {"libssh2", "transport/libssh2", "remote", "fleet/routes", "ledger/sqlite"})
    EXPECT_FALSE(modules().reach("rollout/driver").contains(no)) << no;
}

TEST(Structure, NoFolderIsAnAttic) {
  std::map<std::string, std::set<std::string>> pairs;
  for (const auto& file : sources()) pairs[parent(file)].insert(file.substr(0, file.rfind('.')));
  for (const auto& [dir, files] : pairs) EXPECT_LE(files.size(), 26u) << dir << " needs modules of its own";
}

TEST(Structure, ArchitectureDescribesEveryModule) {
  const auto page = read_text(root + "/ARCHITECTURE.md");
  for (const auto& module : modules().modules()) {
    std::string uses;
    for (const auto& used : module.uses) uses += (uses.empty() ? "" : ", ") + used;
    const std::regex row("\n\\| `" + module.dir + "` \\| [^|]*[a-z][^|]* \\| " + uses + " \\| [0-9]+ \\| [0-9]+ \\|\n");
    EXPECT_TRUE(std::regex_search(page, row)) << module.dir << ": run tests/module-table, and say what it is for";
  }
}

TEST(Structure, TheAgentNeedsNeitherPlansNorLedgerNorGit) {
  const auto agent = modules().reach("deploy-agent");
  for (const char* no : {"plans", "ledger", "git", "artifact", "http", "cli/session", "rollout/decision"})
    EXPECT_FALSE(agent.contains(no)) << no;
}

TEST(Structure, OnlyTwoFilesAreProgramsAndTheyAreShort) {
  std::vector<std::string> mains;
  for (const auto& file : sources()) {
    const auto text = without_comment(read_text(root + "/" + file));
    if (std::regex_search(text, std::regex("(^|\n)int main\\("))) mains.push_back(file);
  }
  EXPECT_THAT(mains, ::testing::UnorderedElementsAre("agents/main.cpp", "cli/main.cpp"));
}

TEST(Structure, NoFileIsLongerThanOneReads) {
  constexpr std::ptrdiff_t most = 500;
  for (const auto& file : sources()) {
    const auto text = read_text(root + "/" + file);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), most) << file;
  }
}

TEST(Structure, EveryHeaderSaysWhatItIsFor) {
  for (const auto& file : sources()) {
    if (!is_header(file)) continue;
    EXPECT_TRUE(read_text(root + "/" + file).starts_with("// "))
        << file << " does not begin with a comment that says what it is for";
  }
}

// Its parser is bounded (core/model/bounded_json.hpp); one that isn't lets a peer use up the stack.
TEST(Structure, JsonTextIsParsedInOnePlaceOnly) {
  const std::regex unbounded(R"(\b[Jj]son::(parse|accept|sax_parse|from_cbor|from_msgpack|from_bson|from_ubjson)\()");
  for (const auto& file : sources()) {
    if (file.starts_with("core/model/bounded_json")) continue;
    EXPECT_FALSE(std::regex_search(without_comment(read_text(root + "/" + file)), unbounded))
        << file << " calls nlohmann's parser itself";
  }
}
