#include "tests/support/network.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "tests/support/process.hpp"

namespace deployctl::testing {
namespace {

std::string next_name() {
  static std::atomic<unsigned> next{0};
  return "dctl" + std::to_string(::getpid()) + "-" + std::to_string(next++);
}

void ip(std::vector<std::string> words) {
  words.insert(words.begin(), "ip");
  check_program(std::move(words));
}

// Two addresses of 198.18.0.0/15, which is for tests of networks (RFC 2544); another two for each process and each of
// its networks.
std::string address_of(unsigned number, unsigned end) {
  return "198.18." + std::to_string(number / 64 % 256) + "." + std::to_string(number % 64 * 4 + end);
}

}  // namespace

bool Network::possible() {
  static const bool can = [] {
    if (::geteuid() != 0) return false;
    try {
      // All that a test does with it: in a plain chroot some of that is refused.
      const Network tried;
      ip({"netns", "exec", tried.name_, "true"});
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }();
  return can;
}

Network::Network() : name_(next_name()) {
  static std::atomic<unsigned> next{0};
  const unsigned number = static_cast<unsigned>(::getpid()) * 4 + next++ % 4;
  inner_ = address_of(number, 2);
  ip({"netns", "add", name_});
  ip({"link", "add", name_ + "o", "type", "veth", "peer", "name", "inner", "netns", name_});
  ip({"addr", "add", address_of(number, 1) + "/30", "dev", name_ + "o"});
  ip({"link", "set", name_ + "o", "up"});
  ip({"-n", name_, "addr", "add", inner_ + "/30", "dev", "inner"});
  ip({"-n", name_, "link", "set", "lo", "up"});
  heal();
  namespace_ = io::Fd(::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC));
  if (!namespace_) throw std::runtime_error("no /run/netns/" + name_);
}

Network::~Network() {
  (void)run_program({"ip", "netns", "del", name_});
  (void)run_program({"ip", "link", "del", name_ + "o"});
}

void Network::cut() { ip({"-n", name_, "link", "set", "inner", "down"}); }
void Network::heal() { ip({"-n", name_, "link", "set", "inner", "up"}); }

}  // namespace deployctl::testing
