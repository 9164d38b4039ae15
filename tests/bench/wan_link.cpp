// A wide-area link in userspace: a TUN device in each of two network namespaces, and packets carried between them late,
// at a rate, through a bounded queue, some of them lost by a seeded generator. Segmentation offload is on, so one read
// carries up to 64 KB of a TCP stream; rate, queue and loss still count in single segments. One thread; ends with
// SIGTERM.
//
//   wan_link --ns-a /run/netns/a --dev-a wan1 --ns-b /run/netns/b --dev-b wan0 --status FILE
//            --mbit 200 --delay-ms 5 [--queue-ms 100] [--loss 0.001] [--seed 1]
//
// FILE is shared memory that the harness reads and writes: see Status. Counters are of packets as the sockets handed
// them over, before the queue and before loss.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <string>
#include <unordered_map>

#include "tcp_flows.hpp"
#include "tcp_packet.hpp"
#include "wan_pipe.hpp"

namespace deployctl::bench {
namespace {

struct Counters {
  std::uint64_t packets, ip_bytes, tcp_bytes, tcp_fresh, queue_drops, lost;
};

struct Status {
  std::uint64_t ready;  // 1 as soon as both devices are there
  std::uint64_t cut;    // written by the harness: 1 swallows every packet
  Counters ways[2];     // a to b, b to a
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

int open_tun(const std::string& netns, const std::string& name) {
  const int space = open(netns.c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) die(netns.c_str());
  close(space);
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tun < 0) die("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(tun, TUNSETIFF, &request) != 0) die("TUNSETIFF");
  if (ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) != 0) die("TUNSETOFFLOAD");
  return tun;
}

class Way {
 public:
  Way(int from, int to, LinkTerms terms, std::uint64_t seed, Status& status, Counters& counters)
      : from_(from), to_(to), pipe_(terms, seed), status_(status), counters_(counters) {}

  int from() const { return from_; }
  std::int64_t due() const { return waiting_.empty() ? -1 : waiting_.front().due; }

  void take_in() {
    for (int turns = 0; turns < 64; ++turns) {
      const ssize_t size = read(from_, buffer_, sizeof buffer_);
      if (size <= static_cast<ssize_t>(sizeof(VirtioHeader))) return;
      take(TcpPacket(buffer_, static_cast<std::size_t>(size)), now());
    }
  }

  void hand_over(std::int64_t time) {
    while (!waiting_.empty() && waiting_.front().due <= time) {
      const auto& bytes = waiting_.front().bytes;
      if (!status_.cut && write(to_, bytes.data(), bytes.size()) < 0 && errno != EIO) std::perror("wan_link: write");
      waiting_.pop_front();
    }
  }

 private:
  struct Waiting {
    std::int64_t due;
    std::vector<std::uint8_t> bytes;
  };

  void take(const TcpPacket& packet, std::int64_t time) {
    const std::int64_t count = packet.segments();
    counters_.packets += static_cast<std::uint64_t>(count);
    counters_.ip_bytes += static_cast<std::uint64_t>(packet.wire_bytes(0, count));
    if (packet.is_tcp()) {
      counters_.tcp_bytes += packet.payload();
      counters_.tcp_fresh += flows_.fresh(packet);
    }
    if (status_.cut) return;
    const std::int64_t room = pipe_.room(time, packet.segment_bytes(), count);
    counters_.queue_drops += static_cast<std::uint64_t>(count - room);
    std::int64_t begin = 0;
    for (std::int64_t i = 0; i < room; ++i) {
      if (!pipe_.loses()) continue;
      ++counters_.lost;
      queue(packet, begin, i - begin, time);
      pipe_.admit(time, packet.segment_bytes());  // It was sent, and got lost on the way.
      begin = i + 1;
    }
    queue(packet, begin, room - begin, time);
  }

  void queue(const TcpPacket& packet, std::int64_t from, std::int64_t count, std::int64_t time) {
    if (count <= 0) return;
    waiting_.push_back({pipe_.admit(time, packet.wire_bytes(from, count)), packet.cut(from, count)});
  }

  int from_, to_;
  WanPipe pipe_;
  Status& status_;
  Counters& counters_;
  TcpFlows flows_;
  std::deque<Waiting> waiting_;
  std::uint8_t buffer_[sizeof(VirtioHeader) + 65536];
};

void carry(Way& out, Way& back) {
  while (true) {
    pollfd fds[2]{{out.from(), POLLIN, 0}, {back.from(), POLLIN, 0}};
    const std::int64_t time = now();
    timespec wait{};
    const timespec* until = nullptr;
    for (const std::int64_t due : {out.due(), back.due()}) {
      if (due < 0) continue;
      const std::int64_t left = std::max<std::int64_t>(0, due - time);
      if (until && left >= wait.tv_sec * 1'000'000'000LL + wait.tv_nsec) continue;
      wait = {left / 1'000'000'000, left % 1'000'000'000};
      until = &wait;
    }
    if (ppoll(fds, 2, until, nullptr) < 0 && errno != EINTR) die("ppoll");
    if (fds[0].revents) out.take_in();
    if (fds[1].revents) back.take_in();
    const std::int64_t later = now();
    out.hand_over(later);
    back.hand_over(later);
  }
}

Status& share(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Status)) != 0) die(path.c_str());
  void* at = mmap(nullptr, sizeof(Status), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) die(path.c_str());
  close(file);
  return *static_cast<Status*>(at);
}

int run(std::unordered_map<std::string, std::string> options) {
  const auto number = [&](const char* name, double otherwise) {
    return options.contains(name) ? std::atof(options[name].c_str()) : otherwise;
  };
  LinkTerms terms;
  terms.bits_per_second = number("--mbit", 200) * 1e6;
  terms.delay = static_cast<std::int64_t>(number("--delay-ms", 0) * 1e6);
  terms.queue = static_cast<std::int64_t>(number("--queue-ms", 100) * 1e6);
  terms.loss = number("--loss", 0);
  const auto seed = static_cast<std::uint64_t>(number("--seed", 1));
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  Status& status = share(options["--status"]);
  const int a = open_tun(options["--ns-a"], options["--dev-a"]);
  const int b = open_tun(options["--ns-b"], options["--dev-b"]);
  static Way out(a, b, terms, seed * 2, status, status.ways[0]);
  static Way back(b, a, terms, seed * 2 + 1, status, status.ways[1]);
  status.ready = 1;
  carry(out, back);
  return 0;
}

}  // namespace
}  // namespace deployctl::bench

int main(int argc, char** argv) {
  std::unordered_map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  for (const char* needed : {"--ns-a", "--dev-a", "--ns-b", "--dev-b", "--status"}) {
    if (options.contains(needed)) continue;
    std::fprintf(stderr, "wan_link: %s is missing\n", needed);
    return 2;
  }
  return deployctl::bench::run(std::move(options));
}
