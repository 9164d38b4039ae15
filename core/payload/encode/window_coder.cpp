#include "core/payload/encode/window_coder.hpp"

#include <zstd.h>

#include <new>

namespace deployctl::payload {

struct WindowCoder::Context {
  Context() : zstd(ZSTD_createCCtx()) {
    if (!zstd) throw std::bad_alloc();
  }
  ~Context() { ZSTD_freeCCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_CCtx* zstd;
};

WindowCoder::WindowCoder(int level) : context_(std::make_unique<Context>()), level_(level) {}
WindowCoder::~WindowCoder() = default;

Result<std::size_t> WindowCoder::compress(BytesView plain, BytesView prefix, Bytes& out) {
  ZSTD_CCtx* zstd = context_->zstd;
  ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level_);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 0);  // every content is verified by its sha256
  if (!prefix.empty()) {
    // The tables of the level are too small for matches in a prefix of several megabytes.
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, max_window_log);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_refPrefix(zstd, prefix.data(), prefix.size());
  }
  out.resize(ZSTD_compressBound(plain.size()));
  const auto n = ZSTD_compress2(zstd, out.data(), out.size(), plain.data(), plain.size());
  if (ZSTD_isError(n)) return fail(Code::internal, std::string("zstd can't code a window: ") + ZSTD_getErrorName(n));
  return n;
}

Result<WindowCoder::Coded> WindowCoder::code(BytesView plain, BytesView prefix, const CodingChoice& choice) {
  Coded best{Coding::raw, plain};
  if (plain.empty()) return best;
  if (choice.zstd) {
    DEPLOYCTL_TRY(alone, compress(plain, {}, plainly_));
    if (alone < best.bytes.size()) best = {Coding::zstd, BytesView(plainly_).first(alone)};
  }
  if (prefix.empty() || !choice.zstd_prefix) return best;
  DEPLOYCTL_TRY(with_prefix, compress(plain, prefix, with_prefix_));
  if (with_prefix < best.bytes.size()) best = {Coding::zstd_prefix, BytesView(with_prefix_).first(with_prefix)};
  return best;
}

Result<Bytes> WindowCoder::zstd(BytesView plain) {
  Bytes out;
  DEPLOYCTL_TRY(n, compress(plain, {}, out));
  out.resize(n);
  return out;
}

}  // namespace deployctl::payload
