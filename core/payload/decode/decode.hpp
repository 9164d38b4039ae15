// The other end of encode(): fed with the payload's chunks in order, it gives the manifest and then each file
// that is not in the base, in pieces. Paths are never taken from the stream but from the checked manifest.
// Every file's sha256 is checked while it passes; a wrong one is Code::verification, a malformed stream
// verification or invalid, one of another format unsupported. An error stays: every later call answers it.
// What the payload leaves to the base the decoder can't know: the sink sees to it that its tree is whole.
// Memory: 41 MiB and the manifest, whatever the sizes. Blocking.
#pragma once

#include <memory>

#include "core/model/manifest.hpp"
#include "core/payload/format/contents.hpp"

namespace deployctl::payload {

class TreeSink {
 public:
  virtual ~TreeSink() = default;
  // Once, first. An error ends the decoding.
  virtual Status begin(const model::Manifest& manifest) = 0;
  // Each distinct content that the payload carries (not those by reference): begin, data in order, end when
  // verified.
  virtual Status begin_content(const Digest& content, std::uint64_t size) = 0;
  virtual Status data(BytesView bytes) = 0;
  virtual Status end_content() = 0;
};

class Decoder {
 public:
  // `expected`: the artifact's digest; a manifest with another is refused before anything is written. `base`
  // opens contents that the payload's prefixes refer to (may be empty); one that it can't open, or that is
  // not what its digest says, is Code::absent with a message that begins "base": ask anew without one. So is a
  // payload that changes another manifest than `base_manifest`, which is borrowed and may be null.
  Decoder(Digest expected, OpenContent base, TreeSink& sink, const model::Manifest* base_manifest = nullptr);
  ~Decoder();
  Status feed(BytesView chunk);
  Status finish();  // the stream must be at its end

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::payload
