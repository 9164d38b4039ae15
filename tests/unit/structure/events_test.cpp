// Every event that the code makes is in the list of names, and every name in the list is on the manual page, and the
// other way round.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "core/events/event_names.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/structure/module_map.hpp"

using deployctl::structure::root;
using deployctl::testing::read_text;
using ::testing::ContainerEq;
using ::testing::IsEmpty;

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

Names listed() {
  Names out;
  for (const auto name : deployctl::events::event_names) out.insert(std::string(name));
  return out;
}

// The items of the outer lists of the section EVENTS; lists within an item describe its members.
Names documented(const std::string& page) {
  Names out;
  std::istringstream in(page);
  bool events = false;
  int depth = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(".Sh ")) events = line == ".Sh EVENTS";
    if (line == ".Ss Error codes") events = false;
    if (line.starts_with(".Bl")) ++depth;
    if (line.starts_with(".El")) --depth;
    const std::string item = ".It Ic ";
    if (events && depth == 1 && line.starts_with(item))
      out.insert(line.substr(item.size(), line.find(' ', item.size()) - item.size()));
  }
  return out;
}

// Names that the code gives to events: by the functions that make them, or by assignment.
Names made() {
  const std::regex makers(
      R"re((?:\b(?:named|wave|emit|tell|artifact_event)\(|\b(?:at|plan_event)\([^"()]+,|event\.name =)\s*"([a-z_]+)")re");
  const std::regex changes(R"re(name = "((?:target|wave)_[a-z_]+)")re");
  Names out;
  for (const char* folder : {"/core/rollout", "/cli"})
    for (const auto& entry : fs::recursive_directory_iterator(root + folder)) {
      if (entry.path().extension() != ".cpp") continue;
      const auto text = read_text(entry.path());
      for (const auto& what : {makers, changes})
        for (auto at = std::sregex_iterator(text.begin(), text.end(), what); at != std::sregex_iterator(); ++at)
          out.insert((*at)[1].str());
    }
  return out;
}

}  // namespace

TEST(Events, ThePageDescribesEachNameOfTheList) {
  EXPECT_THAT(documented(read_text(root + "/man/deployctl-events.7")), ContainerEq(listed()));
}

TEST(Events, TheCodeMakesNoEventThatIsNotListed) {
  const auto names = made();
  for (const char* name : {"wave_started", "target_active", "target_step", "rollout_finished", "command_failed",
                           "build_pinned", "artifact_verified", "plan"})
    EXPECT_TRUE(names.contains(name)) << "the search misses " << name;
  Names missing;
  const auto known = listed();
  std::set_difference(names.begin(), names.end(), known.begin(), known.end(), std::inserter(missing, missing.end()));
  EXPECT_THAT(missing, IsEmpty());
}
