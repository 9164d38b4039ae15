#include "tests/support/lab.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/keys.hpp"
#include "tests/support/process.hpp"

namespace deployctl::testing {
namespace {

namespace fs = std::filesystem;

// Each lab of a process has a second byte of its own, so that addresses never meet; each server takes a free port.
unsigned next_net() {
  static std::atomic<unsigned> next{0};
  return 20 + (static_cast<unsigned>(::getpid()) * 7 + next++) % 200;
}

constexpr const char* serve_sh = R"(#!/bin/sh
# The service: says its version for as long as it lives.
cat version > "$SHARED/running"
exec sleep 600
)";

constexpr const char* start_sh = R"(#!/bin/sh -e
echo "start $VERSION" >> "$SHARED/hooks"
[ ! -f fail-start ] || { echo "this one does not start"; exit 7; }
./serve.sh > /dev/null 2>&1 &
echo $! > "$SHARED/pid"
)";

constexpr const char* stop_sh = R"(#!/bin/sh
echo "stop $VERSION" >> "$SHARED/hooks"
[ -f "$SHARED/pid" ] || exit 0
pid=$(cat "$SHARED/pid")
kill "$pid" 2> /dev/null
# A zombie is over: not every init reaps at once.
while grep -qs '^State:.[^ZX]' "/proc/$pid/status"; do sleep 0.01; done
rm -f "$SHARED/pid" "$SHARED/running"
exit 0
)";

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string endpoint(const Sshd& server) {
  return "{host: " + server.host() + ", port: " + std::to_string(server.port()) + "}";
}

}  // namespace

Lab::Lab(Options options) : options_(std::move(options)) {
  const unsigned net = next_net();
  for (unsigned r = 0; r < options_.regions; ++r) {
    relays_.emplace_back();
    targets_.emplace_back();
    const std::string prefix = "127." + std::to_string(net) + "." + std::to_string(r + 1) + ".";
    if (options_.networks) networks_.push_back(std::make_unique<Network>());
    const int network = options_.networks ? networks_.back()->descriptor() : -1;
    for (unsigned i = 0; i < options_.relays; ++i) {
      Sshd::Options server;
      server.network = network;
      server.listen_ip = options_.networks ? networks_.back()->address() : prefix + std::to_string(1 + i);
      server.home = dir_ / ("r" + std::to_string(r) + "-relay" + std::to_string(i));
      relays_.back().push_back(std::make_unique<Sshd>(server));
    }
    for (unsigned i = 0; i < options_.targets; ++i) {
      Sshd::Options server;
      server.network = network;
      server.listen_ip = prefix + std::to_string(11 + i);
      server.home = dir_ / ("r" + std::to_string(r) + "-t" + std::to_string(i));
      if (r + 1 == options_.regions && i + 1 == options_.targets) {
        server.config = options_.target_config;
        if (!options_.forced_command.empty())
          server.authorized = {"restrict,command=\"" + options_.forced_command + "\" " + client_key().public_line};
      }
      targets_.back().push_back(std::make_unique<Sshd>(server));
    }
  }
  write_fleet();
  make_repository();
  write_plan(options_);
}

Lab::~Lab() {
  for (unsigned r = 0; r < options_.regions; ++r)
    for (unsigned i = 0; i < options_.targets; ++i) {
      const std::string pid = first_line(place(r, i) + "/shared/pid");
      if (!pid.empty()) ::kill(std::stoi(pid), SIGKILL);
    }
}

void Lab::write_fleet() const {
  std::string known, fleet = "known_hosts: known_hosts\n";
  const std::string key = client_key().path;
  fleet += "relay_ssh:  {identity_file: " + key + "}\ntarget_ssh: {identity_file: " + key + "}\nregions:\n";
  for (unsigned r = 0; r < options_.regions; ++r) {
    fleet += "  r" + std::to_string(r) + ":\n    relays: [";
    for (const auto& relay : relays_[r]) fleet += (relay == relays_[r].front() ? "" : ", ") + endpoint(*relay);
    fleet += "]\n    targets:\n";
    for (const auto& target : targets_[r]) fleet += "      - " + endpoint(*target) + "\n";
    for (const auto* group : {&relays_[r], &targets_[r]})
      for (const auto& server : *group) known += server->known_hosts_line() + "\n";
  }
  dir_.write("fleet.yaml", fleet);
  dir_.write("known_hosts", known);
}

void Lab::write_plan(const Options& options) const {
  std::string text = R"(service: toy
environment: test
fleet: fleet.yaml
build:
  repo: toy.git
  ref: v1
  steps: ['echo "$VERSION" > version', 'sh ./build.sh']
  timeout: 1m
  artifact: [{from: version}, {from: '*.sh'}, {from: tree/}, {from: 'fail-*'}, {from: bulk}]
release:
  deploy_to: ~/srv/toy
  linked_dirs: [data]
  hooks: {start: ./start.sh, stop: ./stop.sh}
  health_checks: [)" +
                     options.health_check + "]\n" + options.release + "rollout:\n" +
                     (options.rollout.empty() ? "  max_parallel: 50%\n" : options.rollout);
  dir_.write("deploy.yaml", text);
}

void Lab::git(std::vector<std::string> words) const {
  words.insert(words.begin(),
               {"git", "-c", "user.name=lab", "-c", "user.email=lab@localhost", "-c", "init.defaultBranch=main"});
  check_program(words, dir_ / "toy.git");
}

void Lab::make_repository() {
  fs::create_directories(dir_ / "toy.git");
  git({"init", "-q", "."});
  dir_.write("toy.git/serve.sh", serve_sh, 0755);
  dir_.write("toy.git/start.sh", start_sh, 0755);
  dir_.write("toy.git/stop.sh", stop_sh, 0755);
  dir_.write("toy.git/build.sh", "echo built\n", 0755);
  dir_.write("toy.git/fail-nothing", "");
  dir_.write("toy.git/bulk", "small\n");
  for (int i = 0; i < 40; ++i)
    dir_.write("toy.git/tree/d" + std::to_string(i % 4) + "/f" + std::to_string(i),
               std::string(500, 'a' + static_cast<char>(i % 26)));
  fs::create_symlink("d1/f1", dir_ / "toy.git/tree/link");
  tag("v1");
  dir_.write("toy.git/tree/d2/f2", "changed in v2\n");
  tag("v2");
  tag("v3", "echo not well; exit 1");
  tag("v4", "exit 0", "fails");
  std::string bulk;
  std::uint32_t x = 12345;
  for (int i = 0; i < 8 * 1024 * 1024; ++i) bulk += static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
  dir_.write("toy.git/bulk", bulk);
  tag("big");
}

void Lab::tag(const std::string& name, const std::string& health, const std::string& start) {
  dir_.write("toy.git/well.sh", "#!/bin/sh\n" + health + "\n", 0755);
  dir_.write("toy.git/tag", name + "\n");
  if (start.empty())
    fs::remove(dir_ / "toy.git/fail-start");
  else
    dir_.write("toy.git/fail-start", start + "\n");
  git({"add", "-A", "."});
  git({"commit", "-q", "-m", name});
  git({"tag", name});
}

host::Output Lab::deployctl(std::vector<std::string> words, const std::string& state) const {
  auto argv = words;
  argv.insert(argv.begin(), programs_ + "/deployctl");
  auto said = run_program(std::move(argv), dir_.path(), environment(state));
  if (after_command && programs_ == std::string(TEST_BINARY_DIR) + "/bin") after_command(words, said);
  return said;
}

host::Output Lab::paste(const std::string& command_line) const {
  auto env = environment("state");
  env.push_back("PATH=" + programs_ + ":/usr/bin:/bin:/usr/sbin:/sbin");
  return run_program({"/bin/bash", "-c", command_line}, dir_.path(), env);
}

std::unique_ptr<Terminal> Lab::at_terminal(std::vector<std::string> words, Terminal::Size size) const {
  words.insert(words.begin(), programs_ + "/deployctl");
  auto env = environment("state");
  env.push_back("TERM=xterm");
  return std::make_unique<Terminal>(std::move(words), dir_.path(), environment_with(std::move(env)), size);
}

std::vector<std::string> Lab::environment(const std::string& state) const {
  std::vector<std::string> out{"DEPLOYCTL_STATE=" + (dir_ / state), "HOME=" + (dir_ / "control-home"), "NO_COLOR=1"};
  if (!keep_links_) out.push_back("DEPLOYCTL_KEEP_LINKS=0");
  return out;
}

host::Subprocess Lab::start(std::vector<std::string> words, const std::string& log, const std::string& state) const {
  words.insert(words.begin(), programs_ + "/deployctl");
  host::Command command;
  command.argv = std::move(words);
  command.cwd = dir_.path();
  command.env = environment_with(environment(state));
  command.out = host::Stdio::append(dir_ / log);
  command.err = host::Stdio::append(dir_ / log);
  auto child = host::Subprocess::spawn(command);
  if (!child) throw std::runtime_error(child.error().text());
  return std::move(*child);
}

std::string Lab::event(const std::string& out, const std::string& name) {
  std::string found;
  for (std::size_t at = 0; at < out.size();) {
    const auto end = std::min(out.find('\n', at), out.size());
    const std::string line = out.substr(at, end - at);
    if (line.find("\"event\":\"" + name + "\"") != std::string::npos) found = line;
    at = end + 1;
  }
  return found;
}

std::string Lab::place(unsigned region, unsigned index) const {
  return targets_.at(region).at(index)->home() + "/srv/toy";
}

std::string Lab::current(unsigned region, unsigned index) const {
  std::error_code ec;
  const auto link = fs::read_symlink(place(region, index) + "/current", ec);
  return ec ? "" : link.filename().string();
}

std::string Lab::running(unsigned region, unsigned index) const {
  const std::string pid = first_line(place(region, index) + "/shared/pid");
  if (pid.empty() || !is_alive(std::stoi(pid))) return "";
  return first_line(place(region, index) + "/shared/running");
}

int Lab::driver() const {
  for (const int pid : processes_of({"deploy", "--ref"})) {
    std::error_code gone;
    if (std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd", gone) == dir().path()) return pid;
  }
  return -1;
}

unsigned Lab::starts(unsigned region, unsigned index) const {
  std::ifstream hooks(place(region, index) + "/shared/hooks");
  unsigned n = 0;
  for (std::string line; std::getline(hooks, line);) n += line.starts_with("start ");
  return n;
}

bool Lab::all_run(const std::string& version) const {
  for (unsigned r = 0; r < options_.regions; ++r)
    for (unsigned i = 0; i < options_.targets; ++i)
      if (running(r, i) != version) return false;
  return true;
}

}  // namespace deployctl::testing
