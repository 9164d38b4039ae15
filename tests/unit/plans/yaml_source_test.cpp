#include "plans/yaml/yaml_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;

namespace {

struct Source {
  YamlSource yaml;
  Problems problems;
  const Value* read(const std::string& text) { return yaml.read_text(text, "f", problems); }
  std::vector<std::string> texts() {
    std::vector<std::string> out;
    for (const auto& problem : problems.take()) out.push_back(problem.mark.text() + ": " + problem.message);
    return out;
  }
};

std::vector<std::string> problems_of(const std::string& text) {
  Source source;
  source.read(text);
  return source.texts();
}

}  // namespace

TEST(YamlSource, KnowsEveryPlace) {
  Source source;
  const Value* root = source.read("a: 1\nb:\n  - {c: \"x\"}\n  - y\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->mark().text(), "f:1:4");
  EXPECT_TRUE(root->find("a")->plain);
  const Value& c = *root->find("b")->item(0).find("c");
  EXPECT_EQ(c.mark().text(), "f:3:9");
  EXPECT_FALSE(c.plain);
  EXPECT_EQ(root->find("b")->item(1).mark().text(), "f:4:5");
}

TEST(YamlSource, GivesAnEmptyValueThePlaceOfItsKey) {
  Source source;
  const Value* root = source.read("a:\n\n\nb: ~\nc: null\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->mark().text(), "f:1:1");
  EXPECT_EQ(root->find("a")->kind, Value::Kind::null);
  EXPECT_EQ(root->find("b")->mark().text(), "f:4:1");
}

TEST(YamlSource, FindsAKeyThatStandsTwice) {
  EXPECT_THAT(
      problems_of("a: 1\nb: {c: 1, c: 2}\na: 3\n"),
      ElementsAre("f:2:11: the key 'c' stands here a second time", "f:3:1: the key 'a' stands here a second time"));
  std::string many;
  for (int i = 0; i < 50; ++i) many += "k" + std::to_string(i) + ": x\n";
  EXPECT_THAT(problems_of(many + "k7: y\n"), ElementsAre("f:51:1: the key 'k7' stands here a second time"));
}

TEST(YamlSource, FollowsAliases) {
  Source source;
  const Value* root = source.read("a: &x {b: 1}\nc: *x\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("c")->find("b")->text, "1");
  EXPECT_EQ(root->find("c")->mark().text(), "f:2:4");
}

TEST(YamlSource, RefusesAliasesThatNeverEnd) {
  EXPECT_THAT(problems_of("a: &x [*x]\n"), ElementsAre("f:1:8: an alias inside of what it stands for"));
  std::string bomb = "a: &a [x";
  for (int i = 0; i < 100'000; ++i) bomb += ",x";
  bomb += "]\nb: [*a";
  for (int i = 0; i < 100; ++i) bomb += ",*a";
  EXPECT_THAT(problems_of(bomb + "]\n"), ElementsAre(::testing::EndsWith("too many aliases of big lists")));
}

TEST(YamlSource, RefusesWhatPlansDontUse) {
  EXPECT_THAT(problems_of("<<: {a: 1}\n"), ElementsAre("f:1:1: merge keys ('<<') are not supported"));
  EXPECT_THAT(problems_of("a: !!str 5\n"), ElementsAre("f:1:4: YAML tags are not supported ('tag:yaml.org,2002:str')"));
  EXPECT_THAT(problems_of("? [a]\n: b\n"), ElementsAre("f:1:3: a key must be a word, not a list"));
  EXPECT_THAT(problems_of("a: \"b\\0c\"\n"), ElementsAre("f:1:4: a text can't hold a NUL character"));
}

TEST(YamlSource, TellsBrokenYamlWithItsPlace) {
  EXPECT_THAT(problems_of("a: b: c\n"), ElementsAre("f:1:5: not valid YAML: illegal map value"));
  EXPECT_THAT(problems_of("a: 1\n\tb: 2\n"),
              ElementsAre("f:2:1: not valid YAML: illegal tab when looking for indentation"));
  EXPECT_THAT(problems_of("a: [1\n"), ElementsAre("f:2:1: not valid YAML: end of sequence flow not found"));
  EXPECT_THAT(problems_of("a: *x\n"),
              ElementsAre("f:1:4: not valid YAML: no anchor (&name) of this name stands before the alias (*name)"));
  EXPECT_THAT(problems_of(std::string(5000, '[')), ElementsAre(::testing::HasSubstr("nested too deeply")));
}

TEST(YamlSource, FindsAQuoteThatIsNeverClosed) {
  EXPECT_THAT(problems_of("a: b\nc: \"d\ne: f\n"), ElementsAre("f:2:4: not valid YAML: this quote is never closed"));
  EXPECT_THAT(problems_of("a: 'it''s\n"), ElementsAre("f:1:4: not valid YAML: this quote is never closed"));
  EXPECT_THAT(problems_of("a: \"b\\\"\n"), ElementsAre("f:1:4: not valid YAML: this quote is never closed"));
  EXPECT_THAT(problems_of("a: 'it''s'\nb: \"\\\"\"\nc: |\n  \"\n"), ElementsAre());
}

TEST(YamlSource, TakesOneDocumentAFile) {
  EXPECT_THAT(problems_of("a: 1\n---\nb: 1\n"), ElementsAre("f:2:1: a second document begins here"));
  EXPECT_THAT(problems_of("---\na: 1\n...\n"), ElementsAre());
  for (const auto* nothing : {"", "\n\n", "# a comment\n"})
    EXPECT_THAT(problems_of(nothing), ElementsAre("f:1:1: there is nothing in it"));
}

TEST(YamlSource, RefusesWhatIsNoText) {
  EXPECT_THAT(problems_of("a: b\nc: \xff\n"), ElementsAre("f:2:4: a byte that is not UTF-8 (0xff)"));
  EXPECT_THAT(problems_of("a: \x04\nb: 1\n"), ElementsAre("f:1:4: a control character (0x04)"));
  EXPECT_THAT(problems_of("a: \xc0\xaf"), ElementsAre("f:1:4: a byte that is not UTF-8 (0xc0)"));
  EXPECT_THAT(problems_of("a: \xed\xa0\x80"), ElementsAre("f:1:4: a byte that is not UTF-8 (0xed)"));
  EXPECT_THAT(problems_of("a: \xe2\x82"), ElementsAre("f:1:4: a byte that is not UTF-8 (0xe2)"));
  EXPECT_THAT(problems_of("a: \"\xe2\x82\xac \xf0\x9f\x9a\x80\"\r\n"), ElementsAre());
  EXPECT_THAT(problems_of("\xef\xbb\xbf"
                          "a: 1\n"),
              ElementsAre());
}

TEST(YamlSource, RefusesAFileThatIsTooLarge) {
  const deployctl::testing::TempDir dir;
  Source source;
  const auto path = dir.write("big", std::string(YamlSource::largest + 1, '#'));
  EXPECT_FALSE(source.yaml.read_file(path, "big", source.problems));
  EXPECT_THAT(source.texts(), ElementsAre("big: can't be read: larger than 16777216 bytes"));
  EXPECT_FALSE(source.yaml.read_file(dir.path(), "folder", source.problems));
  EXPECT_THAT(source.texts(), ElementsAre("folder: can't be read: Is a directory"));
}

TEST(Problems, AreSortedAndToldOnce) {
  Problems problems;
  problems.add({"f", 12, 1}, "b");
  problems.add({"f", 2, 5}, "a");
  problems.add({"f", 12, 1}, "b");
  problems.add({"e", 99, 1}, "c", "try d");
  std::vector<std::string> texts;
  for (const auto& p : problems.take()) texts.push_back(p.text());
  EXPECT_THAT(texts, ElementsAre("e:99:1: c; try d", "f:2:5: a", "f:12:1: b"));
}

TEST(Problems, EndAfterAHundredWithTheirNumber) {
  Problems problems;
  for (unsigned i = 1; i <= 20'000; ++i) problems.add({"f", i, 1}, "wrong");
  const auto all = problems.take();
  ASSERT_EQ(all.size(), 101U);
  EXPECT_EQ(all.back().text(), "f: and 19900 more problems");
}

TEST(Problems, ShowNothingThatATerminalWouldObey) {
  Problems problems;
  problems.add({"f", 1, 1}, "a\x1b[2Jb\nc");
  EXPECT_EQ(problems.take().at(0).message, "a\\x1b[2Jb\\x0ac");
  problems.add({"f", 1, 1}, std::string(700, 'x'));
  EXPECT_EQ(problems.take().at(0).message.size(), 603U);
}
