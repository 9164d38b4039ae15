// The counterpart of encode(): consumes the payload's chunks in order and produces the manifest, then each file that is
// not in the base, in pieces. Paths come only from the verified manifest, never from the stream. The sha256 of every
// file is verified while it is read: a mismatch is Code::verification, a malformed stream verification or invalid,
// another format version unsupported. Errors are sticky: every later call returns the same error. The decoder does not
// see the contents that the payload takes from the base; the sink ensures that its tree is complete. Memory: 41 MiB
// plus the manifest, for any payload size. Blocking.
#pragma once

#include <memory>

#include "core/model/manifest.hpp"
#include "core/payload/format/contents.hpp"

namespace deployctl::payload {

class TreeSink {
 public:
  virtual ~TreeSink() = default;
  // Called once, before all others. An error ends the decoding.
  virtual Status begin(const model::Manifest& manifest) = 0;
  // Called for each distinct content that the payload carries (not for those taken from the base): begin_content(),
  // data() in order, then end_content() once verified.
  virtual Status begin_content(const Digest& content, std::uint64_t size) = 0;
  virtual Status data(BytesView bytes) = 0;
  virtual Status end_content() = 0;
};

class Decoder {
 public:
  // `expected`: the artifact's digest; a manifest with another digest is rejected before anything is written. `base`
  // opens the contents that the payload's prefixes and deltas refer to (may be empty). If it can't open one, or its
  // digest doesn't match, the error is Code::not_found with a message that begins with "base": request a payload
  // without a base. The same applies to a payload with a change of another manifest than `base_manifest`, which is
  // borrowed and may be null.
  Decoder(Digest expected, OpenContent base, TreeSink& sink, const model::Manifest* base_manifest = nullptr);
  ~Decoder();
  Status feed(BytesView chunk);
  Status finish();  // Code::verification unless the stream is complete

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::payload
