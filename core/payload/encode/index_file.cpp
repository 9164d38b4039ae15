#include <sys/stat.h>

#include "core/io/files.hpp"
#include "core/payload/encode/chunk_writer.hpp"
#include "core/payload/encode/encode.hpp"
#include "core/payload/format/big_endian.hpp"

namespace deployctl::payload {
namespace {

constexpr std::string_view index_magic = "deployix";
constexpr std::size_t head_size = 16;
constexpr std::size_t entry_size = 4 + Digest::size;

Error not_there(const std::string& path, const std::string& why) {
  return error(Code::not_found, "no whole payload at " + path + ": " + why);
}

// Errors don't name the file: the caller adds its path.
Result<Index> parse(std::string_view text) {
  const auto bytes = as_bytes(text);
  if (bytes.size() < head_size + Digest::size) return fail(Code::not_found, "its index is too short");
  const auto body = bytes.first(bytes.size() - Digest::size);
  if (Reader(bytes.last(Digest::size)).digest() != sha256(body)) return fail(Code::not_found, "its index is damaged");
  Reader in(body);
  if (as_text(in.take(index_magic.size())) != index_magic || in.number<std::uint32_t>() != index_version)
    return fail(Code::not_found, "its index has another format");
  const std::size_t count = in.number<std::uint32_t>();
  if (count > max_chunks || body.size() != head_size + count * entry_size)
    return fail(Code::not_found, "its index has another length than it says");
  Index index;
  for (std::size_t i = 0; i < count; ++i) {
    index.lengths.push_back(in.number<std::uint32_t>());
    index.digests.push_back(in.digest());
  }
  DEPLOYCTL_CHECK(index.check());
  return index;
}

}  // namespace

Status write_index(const std::string& path, const Index& index) {
  DEPLOYCTL_CHECK(index.check());
  Bytes out;
  out.reserve(head_size + index.lengths.size() * entry_size + Digest::size);
  put(out, as_bytes(index_magic));
  put(out, index_version);
  put(out, index.count());
  for (std::size_t i = 0; i < index.lengths.size(); ++i) {
    put(out, index.lengths[i]);
    put(out, index.digests[i]);
  }
  put(out, sha256(out));
  return io::write_file(path + ".index", as_text(out));
}

Result<Index> read_index(const std::string& path) {
  auto text = io::read_file(path + ".index");
  if (!text && text.error().code == Code::not_found) return fail(not_there(path, "it has no index"));
  if (!text) return fail(text.error());
  auto index = parse(*text);
  if (!index) return fail(not_there(path, index.error().message));
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return fail(not_there(path, "only its index is there"));
  if (!S_ISREG(st.st_mode) || static_cast<std::uint64_t>(st.st_size) != index->total())
    return fail(not_there(path, "it is not as long as its index says"));
  return index;
}

}  // namespace deployctl::payload
