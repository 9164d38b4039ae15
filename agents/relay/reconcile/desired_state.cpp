#include "agents/relay/reconcile/desired_state.hpp"

#include "core/base/digest.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"

namespace deployctl::relay {
namespace {

constexpr std::string_view suffix = ".desire";
constexpr std::uint64_t max_bytes = 4 * 1024 * 1024;

Status check(const protocol::pb::Desire& desire) {
  if (desire.place().deploy_to().empty() || desire.region().empty())
    return fail(Code::invalid, "a desire without a place and a region");
  if (desire.holder().rollout().empty() || desire.holder().epoch() == 0)
    return fail(Code::invalid, "a desire of no rollout");
  if (desire.members().empty() || desire.release().empty())
    return fail(Code::invalid, "a desire of nothing, or for nobody");
  return {};
}

}  // namespace

bool same_place(const protocol::pb::Place& a, const protocol::pb::Place& b) {
  return a.service() == b.service() && a.environment() == b.environment() && a.deploy_to() == b.deploy_to();
}

// Named by a digest, so that no text from a caller becomes part of a path.
std::string DesiredStateStore::path_of(const protocol::pb::Desire& desire) const {
  return folder_ + "/" + sha256(desire.place().SerializeAsString() + desire.region()).hex() + std::string(suffix);
}

Status DesiredStateStore::put(const protocol::pb::Desire& desire) const {
  DEPLOYCTL_CHECK(check(desire));
  DEPLOYCTL_CHECK(io::make_dirs(folder_, 0700));
  return io::write_file(path_of(desire), desire.SerializeAsString(), 0600);
}

Status DesiredStateStore::remove(const protocol::pb::Desire& desire) const {
  auto removed = io::remove_file(path_of(desire));
  if (!removed && removed.error().code == Code::not_found) return {};
  return removed;
}

std::vector<protocol::pb::Desire> DesiredStateStore::all() const {
  std::vector<protocol::pb::Desire> found;
  const auto names = io::list_dir(folder_);
  if (!names) return found;
  for (const auto& name : *names) {
    if (!name.ends_with(suffix)) continue;
    const auto text = io::read_file(folder_ + "/" + name, max_bytes);
    protocol::pb::Desire desire;
    if (text && desire.ParseFromString(*text) && check(desire)) found.push_back(std::move(desire));
  }
  return found;
}

}  // namespace deployctl::relay
