#include "cli/session/connection_cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <csignal>
#include <cstdlib>

#include "core/host/background.hpp"
#include "core/remote/connection_cache.hpp"

namespace deployctl::cli {
namespace {

constexpr const char* self = "/proc/self/exe";
constexpr Duration idle_before_end{std::chrono::minutes(10)};

// Another program has another keeper, and so has a login with another ssh-agent. The program's bytes need not be read
// for that.
Digest own_identity() {
  struct stat st {};
  if (::stat(self, &st) != 0) return {};
  const char* agent = std::getenv("SSH_AUTH_SOCK");
  return sha256(std::string(agent ? agent : "") + " " + std::to_string(st.st_dev) + " " + std::to_string(st.st_ino) +
                " " + std::to_string(st.st_size) + " " + std::to_string(st.st_mtim.tv_sec) + "." +
                std::to_string(st.st_mtim.tv_nsec));
}

std::string own_path() {
  char path[4096];
  const auto n = ::readlink(self, path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : self;
}

}  // namespace

bool keeps_links() {
  const char* wanted = std::getenv("DEPLOYCTL_KEEP_LINKS");
  return !wanted || std::string(wanted) != "0";
}

std::shared_ptr<remote::KeeperPlace> keeper_place(const std::string& state_dir) {
  if (!keeps_links()) return nullptr;
  auto at = host::Rendezvous::at(state_dir + "/run", "links", own_identity());
  if (!at) return nullptr;
  const std::string path = at->path();
  return std::make_shared<remote::KeeperPlace>(
      remote::KeeperPlace{std::move(*at), {own_path(), keep_links_word, path}});
}

int keep_links(const std::string& path) {
  std::signal(SIGHUP, SIG_IGN);
  asio::io_context context(1);
  remote::ConnectionCache keeper(context.get_executor());
  const host::Serve serve = [&keeper](io::Fd connection) { return keeper.serve(std::move(connection)); };
  const auto served = host::serve_in_background(context, path, serve, idle_before_end);
  ::_exit(served ? 0 : 1);  // what still waits on the context refers to it
}

}  // namespace deployctl::cli
