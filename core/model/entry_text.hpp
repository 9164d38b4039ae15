// The text of a manifest entry: one line of canonical JSON, sorted keys, no spaces. Written by hand, because a tree of
// twenty thousand files is read and written several times per deployment. The output is byte for byte that of
// nlohmann::json, which a test verifies. The reader accepts only this form. Private to the module; pure.
#pragma once

#include <string>
#include <string_view>

#include "core/model/manifest.hpp"

namespace deployctl::model::detail {

// Both append to `out`. Paths and links must be UTF-8.
void write_entry(std::string& out, const Entry& entry);
void write_string(std::string& out, std::string_view text);

// Reads a text from its front. After any mismatch the reader stays failed.
class CanonicalReader {
 public:
  explicit CanonicalReader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  bool next_is(std::string_view literal) const { return !failed_ && rest_.starts_with(literal); }
  bool skip(std::string_view literal);  // false, without failing: the text continues differently
  void expect(std::string_view literal);
  std::string string();
  std::uint64_t number();
  Digest digest();           // 64 hex digits in quotes
  Digest prefixed_digest();  // the same with the prefix "sha256:"
  Entry entry();

 private:
  char escaped();
  Digest hex_and_quote();
  void fail() { failed_ = true; }
  std::string_view rest_;
  bool failed_ = false;
};

bool is_utf8(std::string_view text);
inline bool by_path(const Entry& a, const Entry& b) { return a.path < b.path; }  // the order of a manifest

}  // namespace deployctl::model::detail
