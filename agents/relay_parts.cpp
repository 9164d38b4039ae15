#include "agents/relay_parts.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include "agents/dial_target.hpp"
#include "agents/session_role.hpp"

namespace deployctl::agents {
namespace {

// A relay holds a socket for each target and two descriptors for each request: the usual soft limit of 1024 is soon reached.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Chunks come and go by the megabyte. They stay in the heap, where the next ones find their pages: new ones from the system for
// each were two fifths of all the processor time of a push to 24 targets where page faults are dear. What is free at the heap's
// end beyond some megabytes goes back, and there is one heap: the threads of a pool would keep one each.
void keep_pages_of_chunks() {
  ::mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
  ::mallopt(M_ARENA_MAX, 1);
}

}  // namespace

Result<std::shared_ptr<relay::RelayShared>> make_relay_shared(asio::any_io_executor executor, bool stays) {
  allow_many_descriptors();
  keep_pages_of_chunks();
  DEPLOYCTL_TRY(image, remote::AgentImage::load("/proc/self/exe"));
  const std::string home = home_folder();
  relay::RelayOptions options;
  options.cache_folder = home + "/.cache/deployctl/chunks";
  if (stays) options.desires_folder = home + "/.local/state/deployctl/desires";
  return std::make_shared<relay::RelayShared>(executor, dial_target(executor, std::move(image), home), options);
}

Result<std::unique_ptr<serve::Service>> make_relay_service(asio::any_io_executor executor) {
  DEPLOYCTL_TRY(shared, make_relay_shared(std::move(executor), false));
  return std::make_unique<relay::RelayService>(std::move(shared), relay::RelayService::Callers::one);
}

}  // namespace deployctl::agents
