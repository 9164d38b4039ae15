// A real Prometheus server on a free port, which scrapes a number from each of the test's exporters every 200 ms. Ready
// when the constructor returns; throws when it can't start. The destructor ends it.
//
//   Prometheus prometheus({{"127.20.1.11:40001", [&] { return "error_ratio 0.5\n"; }}});
//   ... gate: prometheus.url() ...
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/host/subprocess.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

class Prometheus {
 public:
  struct Exporter {
    std::string instance;                  // its label
    std::function<std::string()> metrics;  // in the text format; called on a thread of the exporter
  };
  explicit Prometheus(std::vector<Exporter> exporters);
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void stop();   // SIGKILL
  void start();  // at the same port again, with what it has on disk

 private:
  void try_to_start();  // leaves no process where it ended at once
  void wait_for_data();

  TempDir dir_;
  std::vector<std::unique_ptr<HttpServer>> exporters_;
  unsigned port_ = 0;
  std::optional<host::Subprocess> process_;
};

}  // namespace deployctl::testing
