// Manual pages against the commands as they are: each command has one, and it tells every argument that the command
// takes.
#include <gtest/gtest.h>

#include "cli/commands/all_commands.hpp"
#include "cli/parse/globals.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl::cli;
using deployctl::testing::read_text;

namespace {

std::string page(const std::string& name) { return read_text(std::string(TEST_SOURCE_DIR) + "/man/" + name); }

// "--ref" is `.Fl -ref` in mdoc, "-v" is `.Fl v`.
bool tells_option(const std::string& text, const std::string& option) {
  const std::string flag = "Fl " + option.substr(1);
  for (auto at = text.find(flag); at != std::string::npos; at = text.find(flag, at + 1))
    if (at + flag.size() == text.size() || std::string(" \n").find(text[at + flag.size()]) != std::string::npos)
      return true;
  return false;
}

// "PLAN|ROLLOUT" is told when both are.
bool tells_word(const std::string& text, const std::string& words) {
  std::size_t begin = 0;
  while (begin <= words.size()) {
    const auto end = std::min(words.find('|', begin), words.size());
    if (text.find("Ar " + words.substr(begin, end - begin)) == std::string::npos) return false;
    begin = end + 1;
  }
  return true;
}

std::vector<std::string> untold(const std::string& text, const Arguments& arguments) {
  std::vector<std::string> out;
  for (const auto& argument : arguments.all())
    for (const auto& name : argument.names())
      if (!(argument.is_positional() ? tells_word(text, name) : tells_option(text, name))) out.push_back(name);
  return out;
}

void check(const Command& command, const std::string& text, const std::string& path) {
  Arguments arguments;
  if (command.declare) command.declare(arguments);
  EXPECT_EQ(untold(text, arguments), std::vector<std::string>{}) << "man page of " << path;
  for (const auto& below : command.subcommands) {
    EXPECT_NE(text.find(below.name), std::string::npos) << path << " " << below.name;
    check(below, text, path + " " + below.name);
  }
}

}  // namespace

TEST(Pages, TellEveryArgumentOfEveryCommand) {
  const auto commands = all_commands();
  ASSERT_GE(commands.size(), 11u);
  for (const auto& command : commands) check(command, page("deployctl-" + command.name + ".1"), command.name);
}

TEST(Pages, TheFirstOneTellsTheOptionsOfEverywhereAndNamesEveryCommand) {
  const auto first = page("deployctl.1");
  Globals globals;
  Arguments arguments;
  declare_globals(arguments, globals);
  EXPECT_EQ(untold(first, arguments), std::vector<std::string>{});
  for (const auto& command : all_commands())
    EXPECT_NE(first.find("Xr deployctl-" + command.name + " 1"), std::string::npos) << command.name;
}

TEST(Pages, AnOptionThatIsNotToldIsSeen) {
  bool flag = false;
  Arguments arguments;
  arguments.flag("-x,--extra", flag, "more");
  EXPECT_EQ(untold(".It Fl -ext", arguments), (std::vector<std::string>{"-x", "--extra"}));
  EXPECT_EQ(untold(".It Fl x , Fl -extra", arguments), std::vector<std::string>{});
}
