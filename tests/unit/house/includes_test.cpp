// The diagram in CMakeLists.txt holds: arrows point down, includes follow it, the heavy and the dangerous stay where
// they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/house/house.hpp"

using namespace deployctl;
using deployctl::testing::read_text;
using namespace deployctl::house;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

namespace fs = std::filesystem;

const Plan& plan() {
  static const Plan plan(read_text(root + "/CMakeLists.txt"));
  return plan;
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

const char* const small_house = R"(
room(low    USES asio)
room(middle USES low)
room(top    USES middle
            IN upstairs)
program(tool STATIC USES top IN cellar)
)";

}  // namespace

TEST(House, IsReadFromItsDrawing) {
  const Plan small(small_house);
  ASSERT_EQ(small.rooms().size(), 4u);
  EXPECT_EQ(small.of("upstairs/a.cpp")->name, "top");
  EXPECT_EQ(small.of("core/low/a.cpp")->name, "low");
  EXPECT_TRUE(small.of("cellar/main.cpp")->program);
  EXPECT_EQ(small.of("attic/a.cpp"), nullptr);
  EXPECT_THAT(small.reach("top"), ::testing::UnorderedElementsAre("top", "middle", "low", "asio"));
}

TEST(House, ACheckFindsWhatItIsFor) {
  const Plan small(small_house);
  EXPECT_EQ(mistake(small, "core/middle/a.cpp", {"core/low/b.hpp", true}), "");
  EXPECT_EQ(mistake(small, "upstairs/a.cpp", {"core/low/b.hpp", true}), "") << "through the middle";
  EXPECT_THAT(mistake(small, "core/low/a.cpp", {"core/middle/b.hpp", true}), HasSubstr("low does not use middle"));
  EXPECT_THAT(mistake(small, "core/low/a.cpp", {"b.hpp", true}), HasSubstr("in no room"));
  EXPECT_THAT(mistake(small, "attic/a.cpp", {"core/low/b.hpp", true}), HasSubstr("stands in no room"));
  EXPECT_THAT(mistake(small, "upstairs/a.cpp", {"cellar/b.hpp", true}), HasSubstr("a program's own"));
  EXPECT_THAT(mistake(small, "core/low/a.hpp", {"asio/steady_timer.hpp", false}), HasSubstr("only"));
  EXPECT_EQ(mistake(small, "core/low/a.cpp", {"asio/steady_timer.hpp", false}), "");
  EXPECT_EQ(mistake(small, "core/low/a.hpp", {"asio/awaitable.hpp", false}), "");
  EXPECT_THAT(mistake(small, "core/low/a.cpp", {"libssh2.h", false}), HasSubstr("not for it"));
}

TEST(House, AnIncludeIsFoundHoweverItIsSpelled) {
  const auto found = includes_of("#include <a/b.h>\n  #  include \"c/d.hpp\"  // why\n// #include <no>\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "a/b.h");
  EXPECT_EQ(found[1].what, "c/d.hpp");
  EXPECT_TRUE(found[1].ours);
}

TEST(House, ArrowsPointDown) {
  std::set<std::string> above;
  ASSERT_GT(plan().rooms().size(), 15u);
  for (const auto& room : plan().rooms()) above.insert(room.name);
  for (const auto& room : plan().rooms()) {
    for (const auto& used : room.uses) {
      const bool lower = !above.contains(used) || used.find('_') != std::string::npos;  // drawn already, or a library
      EXPECT_TRUE(lower) << room.name << " uses " << used << ", which is drawn below it";
      const Room* other = plan().find(used);
      if (other && room.dir.starts_with("core/")) {
        EXPECT_TRUE(other->dir.starts_with("core/")) << room.name << " uses " << used;
      }
    }
    above.erase(room.name);
  }
}

TEST(House, EveryIncludeFollowsTheDrawing) {
  std::vector<std::string> mistakes;
  const auto files = sources();
  ASSERT_GT(files.size(), 100u);
  for (const auto& file : files)
    for (const auto& include : includes_of(read_text(root + "/" + file)))
      if (const auto wrong = mistake(plan(), file, include); !wrong.empty()) mistakes.push_back(wrong);
  EXPECT_THAT(mistakes, IsEmpty());
}

TEST(House, TheAgentNeedsNeitherPlansNorLedgerNorGit) {
  const auto agent = plan().reach("deploy-agent");
  for (const char* no : {"plans", "ledger", "git", "artifact", "http", "commands", "output", "rollout"})
    EXPECT_FALSE(agent.contains(no)) << no;
}

TEST(House, OnlyTwoFilesAreProgramsAndTheyAreShort) {
  std::vector<std::string> mains;
  for (const auto& file : sources()) {
    const auto text = without_comment(read_text(root + "/" + file));
    if (std::regex_search(text, std::regex("(^|\n)int main\\("))) mains.push_back(file);
  }
  EXPECT_THAT(mains, ::testing::UnorderedElementsAre("agents/main.cpp", "cli/main.cpp"));
}

TEST(House, NoFileIsLongerThanOneReads) {
  constexpr std::ptrdiff_t most = 500;
  for (const auto& file : sources()) {
    const auto text = read_text(root + "/" + file);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), most) << file;
  }
}

TEST(House, EveryHeaderSaysWhatItIsFor) {
  for (const auto& file : sources()) {
    if (!is_header(file)) continue;
    EXPECT_TRUE(read_text(root + "/" + file).starts_with("// ")) << file << " begins with no word on what it is for";
  }
}

// Its parser is bounded (core/model/bounded_json.hpp); one that isn't lets a peer use up the stack.
TEST(House, JsonTextIsParsedInOnePlaceOnly) {
  const std::regex unbounded(R"(\b[Jj]son::(parse|accept|sax_parse|from_cbor|from_msgpack|from_bson|from_ubjson)\()");
  for (const auto& file : sources()) {
    if (file.starts_with("core/model/bounded_json")) continue;
    EXPECT_FALSE(std::regex_search(without_comment(read_text(root + "/" + file)), unbounded))
        << file << " calls nlohmann's parser itself";
  }
}
