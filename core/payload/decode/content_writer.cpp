#include "core/payload/decode/content_writer.hpp"

#include <algorithm>

#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

Status ContentWriter::know(const model::Manifest& manifest) {
  for (const auto& entry : manifest.entries()) {
    if (entry.type != model::EntryType::file) continue;
    const auto [at, added] = known_.try_emplace(entry.content, Known{entry.size, false});
    if (!added && at->second.size != entry.size)
      return fail(Code::invalid, "the manifest gives the content of '" + entry.path + "' two sizes");
  }
  return {};
}

Result<std::uint64_t> ContentWriter::expect(const Digest& content) {
  const auto at = known_.find(content);
  if (at == known_.end()) return fail(malformed("the content " + content.text() + " is in no file of the manifest"));
  if (at->second.given) return fail(malformed("the content " + content.text() + " comes twice"));
  at->second.given = true;
  return at->second.size;
}

Status ContentWriter::announce(const std::vector<Digest>& starts, std::uint64_t plain) {
  // The possible size of the window: `least` without any byte of its last content, `most` with all of it.
  std::uint64_t least = starts.empty() ? 0 : left_;
  std::uint64_t most = std::min<std::uint64_t>(left_, max_window);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    DEPLOYCTL_TRY(size, expect(starts[i]));
    waiting_.push_back({starts[i], size});
    most = size > max_window ? max_window : std::min<std::uint64_t>(most + size, max_window);
    if (i + 1 < starts.size()) least = std::min<std::uint64_t>(least + size, max_window + std::uint64_t{1});
  }
  if (plain < least || plain > most) return fail(malformed("a window whose length is not that of its contents"));
  if (plain == 0 && starts.empty()) return fail(malformed("an empty window"));
  return {};
}

Status ContentWriter::write(BytesView bytes) {
  while (!bytes.empty()) {
    if (!open_) {
      if (waiting_.empty()) return fail(malformed("bytes that belong to no content"));
      DEPLOYCTL_CHECK(begin_next());
      continue;
    }
    const auto piece = bytes.first(std::min<std::uint64_t>(left_, bytes.size()));
    bytes = bytes.subspan(piece.size());
    left_ -= piece.size();
    hasher_.update(piece);
    DEPLOYCTL_CHECK(of_sink(sink_.data(piece)));
    if (left_ > 0) continue;
    DEPLOYCTL_CHECK(end_content());
  }
  return {};
}

Status ContentWriter::end_window() {
  while (!waiting_.empty()) {
    if (open_) return fail(malformed("a content begins within another"));
    DEPLOYCTL_CHECK(begin_next());
  }
  return {};
}

Status ContentWriter::begin_next() {
  current_ = waiting_.front();
  waiting_.pop_front();
  hasher_ = Hasher();
  left_ = current_.size;
  open_ = true;
  DEPLOYCTL_CHECK(of_sink(sink_.begin_content(current_.content, current_.size)));
  if (left_ > 0) return {};
  return end_content();
}

Status ContentWriter::end_content() {
  open_ = false;
  if (hasher_.finish() != current_.content)
    return fail(Code::verification,
                "the payload's bytes of content " + current_.content.text() + " are not what they should be");
  return of_sink(sink_.end_content());
}

Status ContentWriter::of_sink(Status status) {
  sink_failed_ = !status;
  return status;
}

}  // namespace deployctl::payload
