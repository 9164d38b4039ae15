#include "core/payload/delta/delta_coder.hpp"

#include "core/payload/format/big_endian.hpp"

namespace deployctl::payload {
namespace {

void begin(ZSTD_CCtx* zstd, std::size_t size, int level) {
  ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 0);  // every content is verified by its sha256
  ZSTD_CCtx_setPledgedSrcSize(zstd, size);               // lets zstd use small tables for a small stream
}

// Compresses one piece of a stream. Flushes, so that a decoder gets all of the piece.
Result<Bytes> compress(ZSTD_CCtx* zstd, BytesView piece, bool last) {
  Bytes out(ZSTD_compressBound(piece.size()) + 64);
  ZSTD_inBuffer from{piece.data(), piece.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  const auto more = ZSTD_compressStream2(zstd, &to, &from, last ? ZSTD_e_end : ZSTD_e_flush);
  if (ZSTD_isError(more) || more != 0)
    return fail(Code::internal, std::string("zstd can't code a delta: ") +
                                    (more != 0 ? "it asks for more room" : ZSTD_getErrorName(more)));
  out.resize(to.pos);
  return out;
}

// Compresses one stream; returns one piece per segment.
Result<std::vector<Bytes>> compress(ZSTD_CCtx* zstd, const DeltaStreams& streams, std::size_t number, int level) {
  const BytesView all = streams.bytes[number];
  std::vector<Bytes> pieces(streams.segments.size());
  if (all.empty()) return pieces;
  begin(zstd, all.size(), level);
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto piece = all.subspan(at, streams.segments[i].streams[number]);
    at += piece.size();
    const bool last = i + 1 == pieces.size();
    if (piece.empty() && !last) continue;
    DEPLOYCTL_TRY(coded, compress(zstd, piece, last));
    pieces[i] = std::move(coded);
  }
  return pieces;
}

// The compressed size of runs and words at the fastest level; accurate enough for a comparison.
Result<std::size_t> quick_size(ZSTD_CCtx* zstd, const DeltaStreams& streams) {
  std::size_t size = 0;
  for (const auto which : {DeltaStream::runs, DeltaStream::words}) {
    const BytesView all = streams.bytes[static_cast<std::size_t>(which)];
    begin(zstd, all.size(), 1);
    DEPLOYCTL_TRY(coded, compress(zstd, all, true));
    size += coded.size();
  }
  return size;
}

// Recalls words if that is shorter. This is the case for debugging information, but not for code, whose addresses are
// relative. With few words the comparison is not worth its time.
Result<DeltaStreams> shorter_streams(ZSTD_CCtx* zstd, BytesView base, BytesView plain,
                                     const std::vector<Copy>& copies) {
  auto told = delta_streams_of(base, plain, copies, Words::told);
  const auto words = told.bytes[static_cast<std::size_t>(DeltaStream::words)].size();
  if (words < plain.size() / 64) return told;
  auto recalled = delta_streams_of(base, plain, copies, Words::recalled);
  DEPLOYCTL_TRY(plainly, quick_size(zstd, told));
  DEPLOYCTL_TRY(by_memory, quick_size(zstd, recalled));
  return by_memory < plainly ? std::move(recalled) : std::move(told);
}

}  // namespace

Result<Bytes> code_delta(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess,
                         const Preference& preference, std::uint64_t content, ZstdContexts& contexts) {
  const auto copies = match(base, index, plain, guess);
  const auto zstd = contexts.take();
  DEPLOYCTL_TRY(streams, shorter_streams(zstd.get(), base, plain, copies));
  const int level = delta_level(preference, streams.size(), plain.size(), content);
  std::array<std::vector<Bytes>, delta_streams> coded;
  for (std::size_t i = 0; i < delta_streams; ++i) {
    DEPLOYCTL_TRY(pieces, compress(zstd.get(), streams, i, level));
    coded[i] = std::move(pieces);
  }
  Bytes out;
  for (std::size_t at = 0; at < streams.segments.size(); ++at) {
    DeltaSegment& segment = streams.segments[at];
    for (std::size_t i = 0; i < delta_streams; ++i) segment.coded[i] = static_cast<std::uint32_t>(coded[i][at].size());
    put(out, format::segment_head(segment));
    for (const auto& pieces : coded) put(out, pieces[at]);
    if (out.size() >= plain.size()) return Bytes();
  }
  return out;
}

}  // namespace deployctl::payload
