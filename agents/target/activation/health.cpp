#include "agents/target/activation/health.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "core/host/subprocess.hpp"
#include "core/io/fd.hpp"

namespace deployctl::target {
namespace {

SteadyTime now_steady() { return system_clock().steady(); }

tl::unexpected<Error> unhealthy(const model::HealthCheck& check, const std::string& why) {
  return fail(Code::unhealthy, check.text() + ": " + why);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> address_of(const std::string& host, unsigned port) {
  Address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  const std::string name = host == "localhost" ? "127.0.0.1" : host;
  if (::inet_pton(AF_INET, name.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof *v4;
    return out;
  }
  if (::inet_pton(AF_INET6, name.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof *v6;
    return out;
  }
  return fail(Code::unhealthy, "'" + host + "' is no address: health checks take an IP address or localhost");
}

Status wait_for(int fd, short events, SteadyTime deadline) {
  for (;;) {
    const auto left = std::max<std::int64_t>((deadline - now_steady()).count(), 0);
    pollfd entry{fd, events, 0};
    const int n = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 3'600'000)));
    if (n > 0) return {};
    if (n == 0) return fail(Code::unhealthy, "timed out");
    if (errno != EINTR) return fail(os_error(errno, "poll"));
  }
}

Result<io::Fd> connect_to(const std::string& host, unsigned port, SteadyTime deadline) {
  DEPLOYCTL_TRY(address, address_of(host, port));
  io::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(os_error(errno, "make a socket"));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return fail(Code::unhealthy, std::strerror(errno));
  DEPLOYCTL_CHECK(wait_for(fd.get(), POLLOUT, deadline));
  int problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem != 0) return fail(Code::unhealthy, std::strerror(problem));
  return fd;
}

Status send_all(int fd, std::string_view text, SteadyTime deadline) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      DEPLOYCTL_CHECK(wait_for(fd, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return fail(Code::unhealthy, std::strerror(errno));
    }
  }
  return {};
}

// For example "HTTP/1.1 200 OK": a check needs only the first line.
Result<std::string> first_line(int fd, SteadyTime deadline) {
  std::string line;
  char buffer[1024];
  while (line.find('\n') == std::string::npos && line.size() < 8192) {
    DEPLOYCTL_CHECK(wait_for(fd, POLLIN, deadline));
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return fail(Code::unhealthy, std::strerror(errno));
    if (n == 0) return fail(Code::unhealthy, "closed without an answer");
    line.append(buffer, static_cast<std::size_t>(n));
  }
  return line;
}

Result<unsigned> get_status(const model::HttpCheck& check, SteadyTime deadline) {
  DEPLOYCTL_TRY(fd, connect_to(check.host, check.port, deadline));
  const bool v6 = check.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + check.host + "]" : check.host;
  DEPLOYCTL_CHECK(send_all(fd.get(),
                           "GET " + check.path + " HTTP/1.1\r\nHost: " + host + ":" + std::to_string(check.port) +
                               "\r\nUser-Agent: deploy-agent\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                           deadline));
  DEPLOYCTL_TRY(line, first_line(fd.get(), deadline));
  unsigned status = 0;
  if (std::sscanf(line.c_str(), "HTTP/%*u.%*u %3u", &status) != 1)
    return fail(Code::unhealthy, "the answer is no HTTP");
  return status;
}

struct Probe {
  const model::HealthCheck& check;
  const ProbeContext& context;

  Status operator()(const model::TcpCheck& tcp) const {
    auto fd = connect_to(tcp.host, tcp.port, now_steady() + check.timeout);
    if (!fd) return unhealthy(check, fd.error().message);
    return {};
  }
  Status operator()(const model::HttpCheck& http) const {
    auto status = get_status(http, now_steady() + check.timeout);
    if (!status) return unhealthy(check, status.error().message);
    if (*status != http.status) return unhealthy(check, "status " + std::to_string(*status));
    return {};
  }
  Status operator()(const model::CommandCheck& command) const {
    host::Command run;
    run.argv = {"/bin/sh", "-e", "-c", command.command};
    run.cwd = context.cwd;
    run.env = context.env;
    auto output = host::run(run, check.timeout);
    if (!output) return unhealthy(check, output.error().message);
    if (output->exit.ok()) return {};
    std::string words = output->err.empty() ? output->out : output->err;
    words = words.substr(0, std::min<std::size_t>(words.find('\n'), 200));
    return unhealthy(check, output->exit.text() + (words.empty() ? "" : ": " + words));
  }
};

// Probes until there is a verdict; an error has the text of the last failure. After a failure there is one more probe
// at the deadline, however long the interval.
Status wait_for_one(const model::HealthCheck& check, const ProbeContext& context, SteadyTime started) {
  const auto deadline = started + check.deadline;
  ProbeStreak tries(check.healthy_after, deadline);
  std::string last;
  for (;;) {
    const auto next = now_steady() + check.interval;
    const auto result = probe(check, context);
    if (!result) last = result.error().message;
    const Verdict verdict = tries.after(result.has_value(), now_steady());
    if (verdict == Verdict::healthy) return {};
    if (verdict == Verdict::too_late)
      return fail(Code::unhealthy, last + " (not healthy within " + human_duration(check.deadline) + ")");
    std::this_thread::sleep_until(result ? next : std::min(next, deadline));
  }
}

template <class Work>
std::vector<Status> each_at_once(const std::vector<model::HealthCheck>& checks, const Work& work) {
  std::vector<Status> results(checks.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < checks.size(); ++i) threads.emplace_back([&, i] { results[i] = work(checks[i]); });
  for (auto& thread : threads) thread.join();
  return results;
}

}  // namespace

Status probe(const model::HealthCheck& check, const ProbeContext& context) {
  return std::visit(Probe{check, context}, check.probe);
}

std::vector<std::string> probe_all(const std::vector<model::HealthCheck>& checks, const ProbeContext& context) {
  std::vector<std::string> failing;
  for (const auto& result : each_at_once(checks, [&](const auto& check) { return probe(check, context); }))
    if (!result) failing.push_back(result.error().message);
  return failing;
}

Verdict ProbeStreak::after(bool passed, SteadyTime now) {
  passes_ = passed ? passes_ + 1 : 0;
  if (passes_ >= wanted_) return Verdict::healthy;
  if (!passed && now >= deadline_) return Verdict::too_late;
  return Verdict::waiting;
}

Status wait_healthy(const std::vector<model::HealthCheck>& checks, const ProbeContext& context, SteadyTime started) {
  std::string failing;
  for (const auto& result :
       each_at_once(checks, [&](const auto& check) { return wait_for_one(check, context, started); }))
    if (!result) failing += (failing.empty() ? "" : "; ") + result.error().message;
  if (failing.empty()) return {};
  return fail(Code::unhealthy, failing);
}

}  // namespace deployctl::target
