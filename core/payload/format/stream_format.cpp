#include "core/payload/format/stream_format.hpp"

#include "core/payload/format/big_endian.hpp"

namespace deployctl::payload {
namespace {

constexpr std::string_view stream_magic = "deploypl";

Status check_coding(const format::WindowHead& head) {
  const Window& window = head.window;
  switch (window.coding) {
    case Coding::raw:
      if (window.coded != window.plain) return fail(malformed("a raw window whose lengths differ"));
      break;
    case Coding::zstd:
    case Coding::zstd_prefix:
    case Coding::delta:
      if (window.coded == 0 || window.coded >= window.plain)
        return fail(malformed("a coded window that is no shorter than its bytes"));
      break;
    default:
      return fail(malformed("a window of the unknown coding " + std::to_string(static_cast<int>(window.coding))));
  }
  const bool has_base = window.coding == Coding::zstd_prefix || window.coding == Coding::delta;
  if ((head.regions > 0) != has_base) return fail(malformed("a window whose coding and prefix don't agree"));
  if (window.coding == Coding::delta && head.regions != 1)
    return fail(malformed("a delta against " + std::to_string(head.regions) + " regions"));
  return {};
}

}  // namespace

Error malformed(const std::string& why) { return error(Code::verification, "the payload is malformed: " + why); }

namespace format {

Bytes header() {
  Bytes out;
  put(out, as_bytes(stream_magic));
  put(out, stream_version);
  return out;
}

Status check_header(BytesView bytes) {
  Reader in(bytes);
  if (as_text(in.take(stream_magic.size())) != stream_magic)
    return fail(Code::invalid, "this is no payload: it does not begin as one");
  const auto version = in.number<std::uint32_t>();
  if (version == stream_version) return {};
  return fail(with_hint(error(Code::unsupported, "the payload has format " + std::to_string(version) +
                                                     ", this program reads " + std::to_string(stream_version)),
                        "use the same version of deployctl and deploy-agent"));
}

Bytes manifest_head(const ManifestHead& head) {
  Bytes out;
  put(out, head.plain);
  put(out, head.coded);
  return out;
}

Result<ManifestHead> read_manifest_head(BytesView bytes) {
  Reader in(bytes);
  ManifestHead head;
  head.plain = in.number<std::uint32_t>();
  head.coded = in.number<std::uint32_t>();
  if (head.plain == 0 || head.plain > max_manifest || head.coded == 0)
    return fail(malformed("a manifest of " + std::to_string(head.plain) + " bytes"));
  return head;
}

Bytes window(const Window& window) {
  Bytes out;
  put(out, window_kind);
  put(out, static_cast<std::uint8_t>(window.coding));
  put(out, static_cast<std::uint16_t>(window.starts.size()));
  put(out, static_cast<std::uint16_t>(window.regions.size()));
  put(out, window.plain);
  put(out, window.coded);
  for (const auto& content : window.starts) put(out, content);
  for (const auto& region : window.regions) {
    put(out, region.content);
    put(out, region.offset);
    put(out, region.length);
  }
  return out;
}

Result<WindowHead> read_window_head(BytesView bytes) {
  Reader in(bytes);
  WindowHead head;
  head.window.coding = static_cast<Coding>(in.number<std::uint8_t>());
  head.starts = in.number<std::uint16_t>();
  head.regions = in.number<std::uint16_t>();
  head.window.plain = in.number<std::uint32_t>();
  head.window.coded = in.number<std::uint32_t>();
  if (head.window.plain > max_window)
    return fail(malformed("a window of " + std::to_string(head.window.plain) + " bytes"));
  if (head.starts > max_starts)
    return fail(malformed("a window that starts " + std::to_string(head.starts) + " contents"));
  if (head.regions > max_regions) return fail(malformed("a prefix of " + std::to_string(head.regions) + " regions"));
  DEPLOYCTL_CHECK(check_coding(head));
  return head;
}

Result<Window> read_window_lists(WindowHead head, BytesView lists) {
  Reader in(lists);
  Window window = std::move(head.window);
  window.starts.reserve(head.starts);
  for (std::size_t i = 0; i < head.starts; ++i) window.starts.push_back(in.digest());
  window.regions.reserve(head.regions);
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < head.regions; ++i) {
    Region region;
    region.content = in.digest();
    region.offset = in.number<std::uint64_t>();
    region.length = in.number<std::uint32_t>();
    prefix += region.length;
    window.regions.push_back(region);
  }
  if (prefix > (window.coding == Coding::delta ? max_base : max_prefix))
    return fail(malformed("a prefix of " + std::to_string(prefix) + " bytes"));
  return window;
}

Bytes segment_head(const DeltaSegment& segment) {
  Bytes out;
  put(out, static_cast<std::uint8_t>(segment.recalls));
  put(out, segment.plain);
  for (std::size_t i = 0; i < delta_streams; ++i) {
    put(out, segment.streams[i]);
    put(out, segment.coded[i]);
  }
  return out;
}

Result<DeltaSegment> read_segment_head(BytesView bytes) {
  Reader in(bytes);
  DeltaSegment segment;
  const auto words = in.number<std::uint8_t>();
  if (words > 1) return fail(malformed("a segment with words of the unknown kind " + std::to_string(words)));
  segment.recalls = words == 1;
  segment.plain = in.number<std::uint32_t>();
  std::uint64_t streams = 0, coded = 0;
  for (std::size_t i = 0; i < delta_streams; ++i) {
    streams += segment.streams[i] = in.number<std::uint32_t>();
    coded += segment.coded[i] = in.number<std::uint32_t>();
  }
  if (segment.plain > max_window) return fail(malformed("a segment of " + std::to_string(segment.plain) + " bytes"));
  if (streams > max_segment || coded > max_coded_segment)
    return fail(malformed("a segment whose streams have " + std::to_string(streams) + " bytes, coded " +
                          std::to_string(coded)));
  return segment;
}

}  // namespace format
}  // namespace deployctl::payload
