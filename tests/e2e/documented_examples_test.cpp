// What README and the manual pages show is what happens: every `$ deployctl` line of a README's console block and of a
// page's EXAMPLES (`.Dl $ deployctl ...`) runs, by a shell, in a lab whose plan is deploy.yaml and whose repository has
// the tags v1, v2, v3 (never healthy). "# exit 5" at a line's end tells its exit code; without it that is 0. A
// rollout's id in an example stands for the lab's newest one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <sstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

namespace fs = std::filesystem;
const std::string root = TEST_SOURCE_DIR;

struct Example {
  std::string line;  // without the "$ "
  int code = 0;
};

Example example(const std::string& line) {
  static const std::regex exits(R"(\s+# exit ([0-9]+)\s*$)");
  std::smatch m;
  return {line, std::regex_search(line, m, exits) ? std::stoi(m[1]) : 0};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// The bodies of a Markdown text's blocks of one kind.
std::vector<std::string> blocks(const std::string& markdown, const std::string& kind) {
  std::vector<std::string> out;
  bool in_one = false, ours = false;
  for (const auto& line : lines_of(markdown)) {
    if (line.starts_with("```")) {
      in_one = !in_one;
      ours = in_one && line == "```" + kind;
      if (ours) out.emplace_back();
    } else if (ours) {
      out.back() += line + "\n";
    }
  }
  return out;
}

std::vector<Example> examples_of_readme(const std::string& markdown) {
  std::vector<Example> out;
  for (const auto& block : blocks(markdown, "console"))
    for (const auto& line : lines_of(block))
      if (line.starts_with("$ deployctl ")) out.push_back(example(line.substr(2)));
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string without_escapes(std::string text) {
  const std::vector<std::pair<std::string, std::string>> escapes{
      {"\\(aq", "'"}, {"\\(dq", "\""}, {"\\-", "-"}, {"\\&", ""}, {"\\e", "\\"}};
  for (const auto& [from, to] : escapes) text = replaced(text, from, to);
  return text;
}

std::vector<Example> examples_of_page(const std::string& mdoc) {
  std::vector<Example> out;
  bool ours = false;
  for (const auto& line : lines_of(mdoc)) {
    if (line.starts_with(".Sh ")) ours = line == ".Sh EXAMPLES";
    if (ours && line.starts_with(".Dl $ deployctl ")) out.push_back(example(without_escapes(line.substr(6))));
  }
  return out;
}

// What a page's command is said to, as keys of the wave that waits for it.
const std::map<std::string, std::string> steered{{"deployctl-abort.1", "bake_time: 2h"},
                                                 {"deployctl-approve.1", "approval: required"},
                                                 {"deployctl-pause.1", "bake_time: 2h"},
                                                 {"deployctl-promote.1", "bake_time: 2h"},
                                                 {"deployctl-resume.1", "pause: true"}};

bool changes_targets(const Example& one) {
  return one.line.starts_with("deployctl deploy ") || one.line.starts_with("deployctl rollback ");
}

// As a person would: in the lab's folder, by a shell that finds deployctl.
host::Output run_in(const Lab& lab, const std::string& line) {
  const std::string path = std::string(TEST_BINARY_DIR) + "/bin:" + std::getenv("PATH");
  return run_program({"/bin/sh", "-c", line}, lab.dir().path(),
                     {"PATH=" + path, "DEPLOYCTL_STATE=" + (lab.dir() / "state"),
                      "HOME=" + (lab.dir() / "control-home"), "NO_COLOR=1"});
}

std::string with_newest_rollout(const Lab& lab, const std::string& line) {
  static const std::regex id("r-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}");
  if (!std::regex_search(line, id)) return line;
  const auto said = run_in(lab, "deployctl history deploy.yaml --output json");
  std::smatch newest;
  if (!std::regex_search(said.out, newest, id)) return line;
  return std::regex_replace(line, id, newest.str());
}

// The lab's newest rollout bakes, or waits for somebody.
bool is_waiting(const Lab& lab) {
  const auto said = run_in(lab, with_newest_rollout(lab, "deployctl logs r-20261124-091502-3f9a --output json"));
  return !Lab::event(said.out, "wave_baking").empty() || !Lab::event(said.out, "rollout_waiting").empty();
}

void run_all(const Lab& lab, const std::string& where, const std::vector<Example>& examples) {
  for (const auto& one : examples) {
    const auto said = run_in(lab, with_newest_rollout(lab, one.line));
    EXPECT_EQ(said.exit.code, one.code) << where << " shows: $ " << one.line << "\n" << said.out << said.err;
  }
}

// By page; only those that have any.
std::map<std::string, std::vector<Example>> pages(bool that_change_targets) {
  std::map<std::string, std::vector<Example>> out;
  for (const auto& entry : fs::directory_iterator(root + "/man")) {
    auto examples = examples_of_page(read_text(entry.path()));
    const bool change = std::any_of(examples.begin(), examples.end(), changes_targets);
    const std::string page = entry.path().filename();
    if (!examples.empty() && change == that_change_targets && !steered.contains(page)) out[page] = std::move(examples);
  }
  return out;
}

}  // namespace

TEST(DocumentedExamples, AreFoundWhereTheyStand) {
  const auto readme =
      examples_of_readme("```sh\n$ deployctl no\n```\n```console\n$ deployctl a  # exit 5\nsaid\n$ deployctl b\n```\n");
  ASSERT_EQ(readme.size(), 2u);
  EXPECT_EQ(readme[0].code, 5);
  EXPECT_EQ(readme[1].line, "deployctl b");
  const auto page = examples_of_page(
      ".Sh DESCRIPTION\n.Dl $ deployctl no\n.Sh EXAMPLES\n.Dl $ deployctl x \\-\\-set \\(aqa=b\\(aq\n.Dl $ other\n.Sh "
      "SEE ALSO\n");
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].line, "deployctl x --set 'a=b'");
}

TEST(DocumentedExamples, OfTheReadmeRun) {
  const auto examples = examples_of_readme(read_text(root + "/README.md"));
  ASSERT_GE(examples.size(), 6u);
  Lab lab;
  run_all(lab, "README.md", examples);
}

TEST(DocumentedExamples, ThePlanOfTheReadmeIsValidAsItStands) {
  const TempDir dir;
  for (const auto& block : blocks(read_text(root + "/README.md"), "yaml")) {
    ASSERT_TRUE(block.starts_with("# ")) << "a block begins with its file's name:\n" << block;
    dir.write(block.substr(2, block.find('\n') - 2), block);
  }
  const auto said =
      run_program({std::string(TEST_BINARY_DIR) + "/bin/deployctl", "validate", "deploy.yaml"}, dir.path());
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
}

TEST(DocumentedExamples, OfPagesThatChangeTargetsRun) {
  const auto all = pages(true);
  EXPECT_TRUE(all.contains("deployctl-deploy.1"));
  EXPECT_TRUE(all.contains("deployctl-rollback.1"));
  for (const auto& [page, examples] : all) {
    Lab lab({.targets = 1});
    run_all(lab, page, examples);
  }
}

// They share a lab in which v1 was deployed, and v2 is.
TEST(DocumentedExamples, OfAllOtherPagesRun) {
  const auto all = pages(false);
  ASSERT_FALSE(all.empty());
  Lab lab;
  for (const char* ref : {"v1", "v2"}) ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", ref}).exit.code, 0);
  for (const auto& [page, examples] : all) run_all(lab, page, examples);
}

// Each in a lab with a rollout that waits for somebody's word.
TEST(DocumentedExamples, OfPagesThatSteerRun) {
  for (const auto& [page, key] : steered) {
    const auto examples = examples_of_page(read_text(root + "/man/" + page));
    EXPECT_FALSE(examples.empty()) << page;
    Lab lab({.targets = 1, .rollout = "  waves: [{name: all, " + key + "}]\n"});
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1", "--detach"}).exit.code, 0);
    ASSERT_TRUE(eventually([&] { return is_waiting(lab); })) << page;
    run_all(lab, page, examples);
    run_in(lab, with_newest_rollout(lab, "deployctl abort r-20261124-091502-3f9a"));
  }
}
