#include "core/payload/format/inflater.hpp"

#include <zstd.h>

#include <array>
#include <new>

namespace deployctl::payload {
namespace {

// Little-endian. Other frames that the library accepts (skippable frames, formats before 1.0) are rejected.
constexpr std::array<std::uint8_t, 4> zstd_magic{0x28, 0xB5, 0x2F, 0xFD};

Error bad_frame(const std::string& why) {
  return error(Code::verification, "the payload can't be decompressed: " + why);
}

}  // namespace

struct Inflater::Context {
  explicit Context(int window_log) : zstd(ZSTD_createDCtx()) {
    if (!zstd) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, window_log);
  }
  ~Context() { ZSTD_freeDCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_DCtx* zstd;
};

Inflater::Inflater(int window_log) : window_log_(window_log) {}
Inflater::~Inflater() = default;

void Inflater::release() {
  context_.reset();
  buffer_.release();
}

Status Inflater::begin(std::uint64_t plain, BytesView prefix) {
  left_ = plain;
  seen_ = 0;
  ended_ = false;
  if (!context_) context_ = std::make_unique<Context>(window_log_);
  ZSTD_DCtx_reset(context_->zstd, ZSTD_reset_session_only);
  const auto set = ZSTD_DCtx_refPrefix(context_->zstd, prefix.empty() ? nullptr : prefix.data(), prefix.size());
  if (ZSTD_isError(set)) return fail(Code::internal, std::string("zstd takes no prefix: ") + ZSTD_getErrorName(set));
  return {};
}

Status Inflater::check_magic(BytesView coded) {
  for (std::size_t i = 0; i < coded.size() && seen_ < zstd_magic.size(); ++i, ++seen_)
    if (coded[i] != zstd_magic[seen_]) return fail(bad_frame("it does not begin as a zstd frame"));
  return {};
}

// Consumes as much of `coded` as fits decompressed into `into`, and advances `coded`.
Result<std::size_t> Inflater::inflate(BytesView& coded, std::span<std::uint8_t> into) {
  if (ended_) return fail(bad_frame("bytes after the end of the frame"));
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  const auto more = ZSTD_decompressStream(context_->zstd, &out, &in);
  if (ZSTD_isError(more)) return fail(bad_frame(ZSTD_getErrorName(more)));
  if (out.pos > left_) return fail(bad_frame("more bytes than announced"));
  left_ -= out.pos;
  ended_ = more == 0;
  coded = coded.subspan(in.pos);
  return out.pos;
}

Result<std::size_t> Inflater::fill(BytesView coded, std::span<std::uint8_t> into) {
  DEPLOYCTL_CHECK(check_magic(coded));
  std::size_t at = 0;
  while (!coded.empty()) {
    DEPLOYCTL_TRY(n, inflate(coded, into.subspan(at)));
    at += n;
    if (at > into.size() - spare) return fail(bad_frame("more bytes than announced"));
  }
  return at;
}

Status Inflater::feed(BytesView coded, const Out& out) {
  DEPLOYCTL_CHECK(check_magic(coded));
  const auto room = buffer_.room(ZSTD_DStreamOutSize());
  // A full buffer may mean that more output is pending although all input is consumed.
  for (bool full = false; !coded.empty() || full;) {
    DEPLOYCTL_TRY(n, inflate(coded, room));
    full = !ended_ && n == room.size();
    if (n == 0) continue;
    DEPLOYCTL_CHECK(out(room.first(n)));
  }
  return {};
}

Status Inflater::finish() {
  if (!ended_) return fail(bad_frame("the frame has no end"));
  if (left_ > 0) return fail(bad_frame("fewer bytes than announced"));
  return {};
}

}  // namespace deployctl::payload
