#include "tests/support/prometheus.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/support/process.hpp"

namespace deployctl::testing {
namespace {

// Prometheus does not take port 0 and tell: one that was free a moment ago.
unsigned free_port() {
  const io::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

bool answers(unsigned port) {
  const io::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
  constexpr std::string_view request = "GET /-/ready HTTP/1.0\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
  char text[64] = {};
  return ::recv(fd.get(), text, sizeof text - 1, 0) > 12 && std::string_view(text).substr(8, 4) == " 200";
}

}  // namespace

Prometheus::Prometheus(std::vector<Exporter> exporters) {
  std::string config =
      "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n- job_name: toy\n  static_configs:\n";
  for (auto& exporter : exporters) {
    exporters_.push_back(std::make_unique<HttpServer>(
        [metrics = exporter.metrics](const std::string&) { return HttpServer::reply(200, metrics()); }));
    const std::string url = exporters_.back()->url();
    config += "  - targets: ['" + url.substr(url.rfind('/') + 1) + "']\n    labels: {instance: '" + exporter.instance +
              "'}\n";
  }
  dir_.write("prometheus.yml", config);
  for (int tries = 0; tries < 5 && !process_; ++tries) {
    port_ = free_port();
    try_to_start();
  }
  if (!process_) throw std::runtime_error("prometheus did not start: " + read_text(dir_ / "log"));
}

void Prometheus::start() {
  try_to_start();
  if (!process_) throw std::runtime_error("prometheus did not start again: " + read_text(dir_ / "log"));
}

void Prometheus::try_to_start() {
  host::Command command;
  command.argv = {"prometheus", "--config.file=" + (dir_ / "prometheus.yml"), "--storage.tsdb.path=" + (dir_ / "data"),
                  "--web.listen-address=127.0.0.1:" + std::to_string(port_)};
  command.out = host::Stdio::append(dir_ / "log");
  command.err = host::Stdio::append(dir_ / "log");
  auto child = host::Subprocess::spawn(command);
  if (!child) throw std::runtime_error(child.error().text());
  process_ = std::move(*child);
  const bool over = !eventually([&] { return process_->exited() || answers(port_); }) || process_->exited();
  if (over) return process_.reset();
  wait_for_data();
}

// It begins to scrape about 5 s after its start; whoever is asked a second time has been heard.
void Prometheus::wait_for_data() {
  std::vector<std::size_t> before;
  for (const auto& exporter : exporters_) before.push_back(exporter->requests().size());
  const auto all_heard = [&] {
    for (std::size_t i = 0; i < exporters_.size(); ++i)
      if (exporters_[i]->requests().size() < before[i] + 2) return false;
    return true;
  };
  if (!eventually(all_heard)) throw std::runtime_error("prometheus does not scrape: " + read_text(dir_ / "log"));
}

void Prometheus::stop() { process_.reset(); }

}  // namespace deployctl::testing
