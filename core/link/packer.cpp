#include "core/link/packer.hpp"

#include <zstd.h>

#include <new>
#include <stdexcept>

namespace deployctl::link {
namespace {

constexpr int window_log = 17;
constexpr int level = 3;

Error bad_pack(const std::string& why) { return error(Code::invalid, "a packed frame " + why); }

}  // namespace

struct Packer::Context {
  Context() : zstd(ZSTD_createCCtx()) {
    if (!zstd) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
  }
  ~Context() { ZSTD_freeCCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_CCtx* zstd;
};

Packer::Packer() = default;
Packer::~Packer() = default;

// One zstd frame spans the whole session. Each batch ends with a flush, so that it can be decompressed on arrival.
Bytes Packer::pack(BytesView frames) {
  if (!context_) context_ = std::make_unique<Context>();
  protocol::Frame packed{protocol::FrameType::packed, 0, 0, Bytes(ZSTD_compressBound(frames.size()) + 64)};
  ZSTD_inBuffer in{frames.data(), frames.size(), 0};
  ZSTD_outBuffer out{packed.payload.data(), packed.payload.size(), 0};
  const auto left = ZSTD_compressStream2(context_->zstd, &out, &in, ZSTD_e_flush);
  if (ZSTD_isError(left)) throw std::runtime_error(std::string("zstd can't pack frames: ") + ZSTD_getErrorName(left));
  if (left != 0 || in.pos != in.size) throw std::logic_error("packed frames are longer than zstd says they can be");
  packed.payload.resize(out.pos);
  return protocol::encode(packed);
}

struct Unpacker::Context {
  Context() : zstd(ZSTD_createDCtx()) {
    if (!zstd) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, window_log);
  }
  ~Context() { ZSTD_freeDCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_DCtx* zstd;
};

Unpacker::Unpacker() = default;
Unpacker::~Unpacker() = default;

Result<Bytes> Unpacker::unpack(BytesView payload) {
  if (!context_) context_ = std::make_unique<Context>();
  Bytes plain(64 * 1024);
  ZSTD_inBuffer in{payload.data(), payload.size(), 0};
  ZSTD_outBuffer out{plain.data(), plain.size(), 0};
  for (;;) {
    const auto more = ZSTD_decompressStream(context_->zstd, &out, &in);
    if (ZSTD_isError(more)) return fail(bad_pack(std::string("can't be unpacked: ") + ZSTD_getErrorName(more)));
    if (more == 0) return fail(bad_pack("ends what goes on as long as the session"));
    if (out.pos < out.size) break;  // all output has been produced
    if (plain.size() > max_packed) return fail(bad_pack("holds more than " + std::to_string(max_packed) + " bytes"));
    plain.resize(2 * plain.size());
    out = {plain.data(), plain.size(), out.pos};
  }
  if (in.pos != in.size) return fail(bad_pack("has bytes that nothing comes of"));
  plain.resize(out.pos);
  if (plain.size() > max_packed) return fail(bad_pack("holds more than " + std::to_string(max_packed) + " bytes"));
  return plain;
}

}  // namespace deployctl::link
