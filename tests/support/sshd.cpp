#include "tests/support/sshd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <list>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "core/host/subprocess.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/fd.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

io::Fd listen_on(const std::string& ip, unsigned port) {
  io::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1) throw std::invalid_argument("no IPv4 address: " + ip);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd.get(), 128) != 0)
    throw_errno("listen on " + ip);
  return fd;
}

// By a thread of its own: a namespace is a thread's.
io::Fd listen_in(int network, const std::string& ip, unsigned port) {
  if (network < 0) return listen_on(ip, port);
  io::Fd fd;
  std::string wrong;
  std::thread([&] {
    try {
      if (::setns(network, CLONE_NEWNET) != 0) throw_errno("setns");
      fd = listen_on(ip, port);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
  }).join();
  if (!fd) throw std::runtime_error(wrong);
  return fd;
}

unsigned port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw_errno("getsockname");
  return ntohs(address.sin_port);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

std::string config_text(const Sshd::Options& options, const TempDir& dir, const std::string& home) {
  const std::vector<std::string> authorized =
      options.authorized.empty() ? std::vector<std::string>{client_key().public_line} : options.authorized;
  std::string env = "SetEnv HOME=" + home;
  for (const auto& e : options.environment) env += " " + e;
  return joined(options.config) + env + "\nHostKey " + key(options.host_key_type, options.host_key_name).path +
         "\nAuthorizedKeysFile " + dir.write("authorized_keys", joined(authorized), 0600) +
         "\nPidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\nPasswordAuthentication no\n"
         "KbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\nLogLevel VERBOSE\n";
}

}  // namespace

struct Sshd::State {
  Options options;
  TempDir dir;
  std::string home, config;
  unsigned port = 0;
  io::Fd listener;
  io::CancelToken over;
  std::mutex mutex;
  std::list<host::Subprocess> children;  // under the mutex
  std::atomic<unsigned> accepted{0};
  std::thread thread;

  void serve();
  void start_sshd(io::Fd connection);
  void kill_children();
};

void Sshd::State::start_sshd(io::Fd connection) {
  host::Command command;
  command.argv = {"/usr/sbin/sshd", "-i", "-e", "-f", config};
  command.in = host::Stdio::of(connection.get());
  command.out = host::Stdio::of(connection.get());
  command.err = host::Stdio::append(dir / "log");
  const std::lock_guard lock(mutex);
  children.remove_if([](host::Subprocess& child) { return child.exited().has_value(); });
  auto child = host::Subprocess::spawn(command);
  if (child) children.push_back(std::move(*child));
}

void Sshd::State::serve() {
  if (options.network >= 0 && ::setns(options.network, CLONE_NEWNET) != 0) return;  // its sshd processes live there too
  while (!over.cancelled()) {
    pollfd events[] = {{listener.get(), POLLIN, 0}, {over.fd(), POLLIN, 0}};
    if (::poll(events, 2, -1) < 0 && errno != EINTR) return;
    // Blocking for its sshd, which inherits it.
    io::Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    if (++accepted > options.drop_first) {
      start_sshd(std::move(connection));
    } else {
      constexpr std::string_view words = "Exceeded MaxStartups\r\n";
      [[maybe_unused]] const auto n = ::send(connection.get(), words.data(), words.size(), MSG_NOSIGNAL);
    }
  }
}

void Sshd::State::kill_children() {
  const std::lock_guard lock(mutex);
  children.clear();  // a Subprocess kills and reaps its group when it dies
}

Sshd::Sshd() : Sshd(Options{}) {}

Sshd::Sshd(Options options) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.options = std::move(options);
  if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);  // sshd's own empty folder
  s.home = s.options.home.empty() ? s.dir / "home" : s.options.home;
  std::filesystem::create_directories(s.home);
  s.config = s.dir.write("sshd_config", config_text(s.options, s.dir, s.home), 0600);
  s.listener = listen_in(s.options.network, s.options.listen_ip, s.options.port);
  s.port = port_of(s.listener.get());
  s.thread = std::thread([&s] { s.serve(); });
}

Sshd::~Sshd() { stop(); }

void Sshd::start() {
  State& s = *state_;
  if (s.thread.joinable()) return;
  s.over = io::CancelToken();
  s.listener = listen_in(s.options.network, s.options.listen_ip, s.port);
  s.thread = std::thread([&s] { s.serve(); });
}

void Sshd::stop() {
  state_->over.cancel();
  if (state_->thread.joinable()) state_->thread.join();
  state_->listener.reset();
  state_->kill_children();
}

void Sshd::kill_all() { state_->kill_children(); }
unsigned Sshd::port() const { return state_->port; }
const std::string& Sshd::host() const { return state_->options.listen_ip; }
const std::string& Sshd::home() const { return state_->home; }
const std::string& Sshd::client_key() const { return testing::client_key().path; }
unsigned Sshd::connections() const { return state_->accepted; }
std::string Sshd::log() const {
  return std::filesystem::exists(state_->dir / "log") ? read_text(state_->dir / "log") : "";
}

std::string Sshd::known_hosts_line() const {
  return "[" + host() + "]:" + std::to_string(port()) + " " +
         key(state_->options.host_key_type, state_->options.host_key_name).public_line;
}

const std::string& Sshd::fingerprint() const {
  return key(state_->options.host_key_type, state_->options.host_key_name).fingerprint;
}

std::string Sshd::user() const {
  const passwd* entry = ::getpwuid(::geteuid());
  if (!entry) throw std::runtime_error("this user has no name");
  return entry->pw_name;
}

}  // namespace deployctl::testing
