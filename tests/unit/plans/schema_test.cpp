// The schemas that editors use and the loader must say the same of a document, as far as a schema can say it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "plans/fleet/fleet_loader.hpp"
#include "plans/load.hpp"
#include "plans/templates.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using nlohmann::json;

namespace {

const std::string here = TEST_SOURCE_DIR "/tests/unit/plans/";

struct Case {
  std::string expected;  // valid, invalid, loader (only the loader can tell)
  std::string name;
  std::string text;
};

std::vector<Case> cases_of(const std::string& file) {
  std::vector<Case> cases;
  std::istringstream in(deployctl::testing::read_text(here + "cases/" + file));
  for (std::string line; std::getline(in, line);) {
    if (line == "---") continue;
    if (line.starts_with("# ")) {
      const auto colon = line.find(": ");
      cases.push_back({line.substr(2, colon - 2), line.substr(colon + 2), {}});
    } else {
      cases.back().text += line + "\n";
    }
  }
  return cases;
}

// A case of a plan leaves out what the small plan has.
std::string completed(const std::string& text) {
  std::string out = text;
  std::istringstream in(small_plan);
  for (std::string line; std::getline(in, line);)
    if (("\n" + text).find("\n" + line.substr(0, line.find(':') + 1)) == std::string::npos) out += line + "\n";
  return out;
}

std::vector<std::string> schema_verdicts(const std::string& schema, const std::vector<std::string>& documents) {
  const deployctl::testing::TempDir dir;
  std::vector<std::string> argv{"python3", here + "validate.py", TEST_SOURCE_DIR "/plans/schema/" + schema};
  for (const auto& text : documents) argv.push_back(dir.write(std::to_string(argv.size()) + ".yaml", text));
  std::istringstream out(deployctl::testing::check_program(argv));
  std::vector<std::string> verdicts;
  for (std::string line; std::getline(out, line);) verdicts.push_back(line);
  return verdicts;
}

void expect_agreement(const Case& c, const std::string& schema_says, const std::vector<std::string>& loader_says) {
  const std::string both =
      "case '" + c.name + "'\nschema: " + schema_says + "\nloader: " + ::testing::PrintToString(loader_says);
  EXPECT_EQ(schema_says == "valid", c.expected != "invalid") << both;
  EXPECT_EQ(loader_says.empty(), c.expected == "valid") << both;
  EXPECT_TRUE(c.expected == "valid" || c.expected == "invalid" || c.expected == "loader") << c.expected;
}

void check_plans(const std::string& file) {
  const PlanFiles files;
  const auto cases = cases_of(file);
  std::vector<std::string> documents;
  for (const auto& c : cases) documents.push_back(completed(c.text));
  const auto verdicts = schema_verdicts("release-plan.schema.json", documents);
  ASSERT_EQ(verdicts.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) expect_agreement(cases[i], verdicts[i], files.of_plan(documents[i]));
}

// Every path of keys that a schema allows, spelled as known_keys spells them.
class SchemaKeys {
 public:
  explicit SchemaKeys(const json& schema) : schema_(schema) { walk(schema, ""); }
  std::set<std::string> keys;

 private:
  void walk(const json& at, const std::string& path) {
    if (at.contains("$ref")) walk(schema_.at("$defs").at(at.at("$ref").get<std::string>().substr(8)), path);
    for (const auto& part : at.value("oneOf", json::array()))
      if (!is_one_of_a_list(at, part)) walk(part, path);
    if (at.contains("items")) walk(at.at("items"), path + "[]");
    const std::string before = path.empty() ? "" : path + ".";
    const json properties = at.value("properties", json::object());
    for (const auto& [name, value] : properties.items()) {
      keys.insert(before + name);
      walk(value, before + name);
    }
    if (!at.contains("additionalProperties") || !at.at("additionalProperties").is_object()) return;
    keys.insert(before + "*");
    walk(at.at("additionalProperties"), before + "*");
  }
  // "One, or a list of them": the loader tells the list's keys.
  static bool is_one_of_a_list(const json& at, const json& part) {
    const auto& parts = at.at("oneOf");
    return std::any_of(parts.begin(), parts.end(),
                       [&](const json& other) { return other.contains("items") && other.at("items") == part; });
  }
  const json& schema_;
};

std::set<std::string> schema_keys(std::string_view text) {
  const json schema = json::parse(text);
  return SchemaKeys(schema).keys;
}

std::set<std::string> as_set(const std::vector<std::string>& keys) { return {keys.begin(), keys.end()}; }

// Every map of a schema is closed: it names its keys or says what they are.
void expect_closed(const json& at, const std::string& path) {
  if (at.is_object() && at.value("type", json()) == "object") {
    EXPECT_TRUE(at.contains("additionalProperties")) << path;
  }
  if (!at.is_structured()) return;
  for (const auto& [name, value] : at.items()) expect_closed(value, path + "/" + name);
}

}  // namespace

TEST(Schema, AgreesWithTheLoaderOnBuilds) { check_plans("build.yaml"); }
TEST(Schema, AgreesWithTheLoaderOnReleases) { check_plans("release.yaml"); }
TEST(Schema, AgreesWithTheLoaderOnRollouts) { check_plans("rollout.yaml"); }

TEST(Schema, AgreesWithTheLoaderOnServices) {
  const PlanFiles files;
  files.dir.write("fleet.yaml", small_fleet);
  const auto cases = cases_of("services.yaml");
  std::vector<std::string> documents;
  for (const auto& c : cases) documents.push_back(c.text);
  const auto verdicts = schema_verdicts("release-plan.schema.json", documents);
  ASSERT_EQ(verdicts.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Loaded loaded;
    loaded.problems = load_services(files.dir.write("shop.yaml", documents[i]), {}).problems;
    expect_agreement(cases[i], verdicts[i], files.texts(loaded));
  }
}

TEST(Schema, AgreesWithTheLoaderOnFleets) {
  const PlanFiles files;
  const auto cases = cases_of("fleet.yaml");
  std::vector<std::string> documents;
  for (const auto& c : cases) documents.push_back(c.text);
  const auto verdicts = schema_verdicts("fleet.schema.json", documents);
  ASSERT_EQ(verdicts.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) expect_agreement(cases[i], verdicts[i], files.of_fleet(documents[i]));
}

TEST(Schema, HasThePlanKeysThatTheLoaderKnows) { EXPECT_EQ(schema_keys(plan_schema()), as_set(known_plan_keys())); }
TEST(Schema, HasTheFleetKeysThatTheLoaderKnows) { EXPECT_EQ(schema_keys(fleet_schema()), as_set(known_fleet_keys())); }

TEST(Schema, LetsNoMapHoldUnknownKeys) {
  expect_closed(json::parse(plan_schema()), "plan");
  expect_closed(json::parse(fleet_schema()), "fleet");
}

TEST(Schema, IsInTheManual) {
  for (const auto& [page, keys] : {std::pair{"release-plan.5", known_plan_keys()}, {"fleet.5", known_fleet_keys()}}) {
    const auto text = deployctl::testing::read_text(TEST_SOURCE_DIR "/man/" + std::string(page));
    for (const auto& key : keys) {
      const auto name = key.substr(key.rfind('.') + 1);
      if (name == "*") continue;
      EXPECT_NE(text.find(".It Ic " + name), std::string::npos) << page << " says nothing of " << key;
    }
  }
}

TEST(Manual, HasNoWarnings) {
  for (const auto* page : {"release-plan.5", "fleet.5"}) {
    const auto said =
        deployctl::testing::run_program({"mandoc", "-Tlint", "-Wwarning", TEST_SOURCE_DIR "/man/" + std::string(page)});
    EXPECT_TRUE(said.exit.ok() && said.out.empty()) << said.out << said.err;
  }
}
