// How a manifest's entry is spelled: one line of canonical JSON, keys sorted, no spaces. A tree of twenty thousand
// files is read and written several times in one deployment, so this is done by hand; what nlohmann::json would write
// is the same, byte by byte (a test holds that). The reader takes that one spelling and no other. Private to the room;
// pure.
#pragma once

#include <string>
#include <string_view>

#include "core/model/manifest.hpp"

namespace deployctl::model::detail {

// Appends. Path and link are UTF-8.
void write_entry(std::string& out, const Entry& entry);
void write_string(std::string& out, std::string_view text);

// Reads a text from its front. Whatever isn't there as it should be makes it fail for good.
class CanonicalReader {
 public:
  explicit CanonicalReader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  bool next_is(std::string_view literal) const { return !failed_ && rest_.starts_with(literal); }
  bool skip(std::string_view literal);  // false, and no failure: something else is there
  void expect(std::string_view literal);
  std::string string();
  std::uint64_t number();
  Digest digest();           // 64 hex digits in quotes
  Digest prefixed_digest();  // the same after "sha256:"
  Entry entry();

 private:
  char escaped();
  Digest hex_and_quote();
  void fail() { failed_ = true; }
  std::string_view rest_;
  bool failed_ = false;
};

bool is_utf8(std::string_view text);
inline bool by_path(const Entry& a, const Entry& b) { return a.path < b.path; }  // the order of entries

}  // namespace deployctl::model::detail
