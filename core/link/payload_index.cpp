#include "core/link/payload_index.hpp"

namespace deployctl::link {

protocol::pb::PayloadIndex to_message(const payload::Index& index) {
  protocol::pb::PayloadIndex message;
  message.set_version(payload::index_version);
  message.mutable_lengths()->Add(index.lengths.begin(), index.lengths.end());
  std::string digests;
  digests.reserve(index.digests.size() * Digest::size);
  for (const auto& digest : index.digests) digests += digest.raw();
  message.set_digests(std::move(digests));
  return message;
}

Result<payload::Index> to_index(const protocol::pb::PayloadIndex& message) {
  if (message.version() != payload::index_version)
    return fail(Code::unsupported, "a payload index of version " + std::to_string(message.version()) +
                                       "; this program knows " + std::to_string(payload::index_version));
  const auto count = static_cast<std::size_t>(message.lengths_size());
  if (count > payload::max_chunks || message.digests().size() != count * Digest::size)
    return fail(Code::invalid, "a payload index of " + std::to_string(count) + " chunks comes with " +
                                   std::to_string(message.digests().size()) + " bytes of digests");
  payload::Index index;
  index.lengths.assign(message.lengths().begin(), message.lengths().end());
  index.digests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    DEPLOYCTL_TRY(digest, Digest::from_raw(std::string_view(message.digests()).substr(i * Digest::size, Digest::size)));
    index.digests.push_back(digest);
  }
  DEPLOYCTL_CHECK(index.check());
  return index;
}

}  // namespace deployctl::link
