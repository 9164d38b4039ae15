#include "core/model/entry_text.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace deployctl::model::detail {
namespace {

// The spelling that nlohmann::json gives, which is what "canonical" means here.
std::string reference(const Entry& e) {
  switch (e.type) {
    case EntryType::folder:
      return dump(Json{{"path", e.path}, {"type", "folder"}, {"mode", e.mode}});
    case EntryType::link:
      return dump(Json{{"path", e.path}, {"type", "link"}, {"mode", e.mode}, {"link", e.link}});
    case EntryType::file:
      break;
  }
  return dump(
      Json{{"path", e.path}, {"type", "file"}, {"mode", e.mode}, {"size", e.size}, {"sha256", e.content.hex()}});
}

std::vector<std::string> names() {
  std::vector<std::string> all{"plain",        "with space", "caf\xc3\xa9", "\xf0\x9f\x9a\x80",
                               "\xef\xbf\xbf", "del\x7f",    "\\\"/"};
  for (char c = 1; c < 0x20; ++c) all.push_back(std::string("x") + c + "y");
  return all;
}

TEST(EntryText, IsWhatTheJsonLibraryWrites) {
  for (const auto& name : names())
    for (const auto type : {EntryType::file, EntryType::link, EntryType::folder}) {
      Entry entry{name, type, 0755, 0, {}, {}};
      if (type == EntryType::file) entry.size = ~std::uint64_t{0}, entry.content = sha256(name);
      if (type == EntryType::link) entry.link = name + "/to";
      std::string text;
      write_entry(text, entry);
      EXPECT_EQ(text, reference(entry));
      CanonicalReader reader(text);
      EXPECT_EQ(reader.entry(), entry);
      EXPECT_TRUE(!reader.failed() && reader.at_end());
    }
}

bool reads(std::string_view text) {
  CanonicalReader reader(text);
  (void)reader.string();
  return !reader.failed() && reader.at_end();
}

TEST(EntryText, TakesOneSpellingOnly) {
  EXPECT_TRUE(reads("\"\\u0001\\n\""));
  for (const char* text :
       {"\"\\u000a\"", "\"\\u0041\"", "\"\\u001F\"", "\"\\/\"", "\"\\", "\"\\u00", "\"\n\"", "\"open", "open\"", ""})
    EXPECT_FALSE(reads(text)) << text;
  for (const char* text : {"01", "-1", "+1", " 1", "", "18446744073709551616", "x"}) {
    CanonicalReader reader(text);
    (void)reader.number();
    EXPECT_TRUE(reader.failed()) << text;
  }
}

// Against the decoder of the JSON library, over every sequence of two bytes and the edges of longer ones.
TEST(EntryText, KnowsUtf8) {
  const auto library = [](const std::string& text) {
    try {
      (void)dump(Json(text));
      return true;
    } catch (const Json::exception&) {
      return false;
    }
  };
  const auto expect_same = [&](const std::string& text) {
    EXPECT_EQ(is_utf8(text), library(text)) << testing::PrintToString(text);
  };
  for (int a = 0x20; a < 0x100; ++a)
    for (int b = 0x20; b < 0x100; ++b) expect_same({static_cast<char>(a), static_cast<char>(b)});
  for (int a = 0xe0; a < 0x100; ++a)
    for (const int b : {0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0})
      for (const int c : {0x7f, 0x80, 0xbf, 0xc0}) {
        expect_same({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)});
        for (const int d : {0x7f, 0x80, 0xbf, 0xc0})
          expect_same({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)});
      }
}

}  // namespace
}  // namespace deployctl::model::detail
