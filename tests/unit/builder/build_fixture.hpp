// A build of a small repository: its request, the places it works in, and what it tells while it runs.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "core/builder/build.hpp"
#include "core/io/files.hpp"
#include "tests/unit/git/repo.hpp"

namespace deployctl::artifact {

using deployctl::testing::read_text;
using deployctl::testing::Repo;
using deployctl::testing::TempDir;

class Watch : public builder::BuildWatch {
 public:
  void pinned(const std::string& commit, const std::string& version) override {
    pins.push_back(version + " " + commit);
  }
  void step(const std::string& what, std::size_t number, std::size_t of) override {
    steps.push_back(std::to_string(number) + "/" + std::to_string(of) + " " + what);
  }
  void output(std::string_view text) override {
    out += text;
    if (on_output) on_output(out);
  }
  void note(const std::string& text) override { notes.push_back(text); }
  std::vector<std::string> pins, steps, notes;
  std::string out;
  std::function<void(const std::string&)> on_output;
};

class BuildTest : public ::testing::Test {
 protected:
  BuildTest() {
    repo_.write("make.sh", "printf 'made of %s' \"$VERSION\" > out\n");
    commit_ = repo_.commit("first");
    repo_.git({"tag", "v1.0"});
    request_.service = "redis";
    request_.environment = "production";
    request_.version_template = "{describe}";
    request_.build.repo = repo_.path();
    request_.build.ref = "main";
    request_.build.steps = {"echo step >> " + count_, "sh make.sh"};
    request_.build.artifact = {{"out", "bin/", {"deploy.yaml", 9, 5}}};
    request_.build.ref_mark = {"deploy.yaml", 4, 8};
  }
  Result<builder::Built> run() { return build(request_, store_, places_, watch_, cancel_); }
  Error failure() {
    auto built = run();
    return built ? error(Code::internal, "it was built") : built.error();
  }
  std::string content(const builder::Built& built, const std::string& path) {
    const std::string to = dir_ / ("export/" + std::to_string(exports_++));
    const auto status = store_.export_to(built.artifact, to);
    return status ? read_text(to + "/" + path) : "<" + status.error().text() + ">";
  }
  std::size_t runs() { return io::read_file(count_).value_or("").size() / 5; }
  static ArtifactStore open(const std::string& dir) {
    auto store = ArtifactStore::open(dir);
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
  }

  TempDir dir_;
  Repo repo_{dir_ / "redis"};
  std::string commit_, count_ = dir_ / "count";
  int exports_ = 0;
  builder::BuildRequest request_;
  ArtifactStore store_ = open(dir_ / "state/store");
  builder::BuildPlaces places_{dir_ / "state/git", dir_ / "state/work", dir_ / "state/logs"};
  Watch watch_;
  io::CancelToken cancel_;
};

}  // namespace deployctl::artifact
