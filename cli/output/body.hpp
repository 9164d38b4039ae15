// Reads the members of an event's body by name. A missing member or one of another type reads as empty: a renderer
// shows what it can of an event and never stops a rollout. The implementation keeps the JSON headers in one file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace deployctl::output {

class Body {
 public:
  explicit Body(const std::string& json);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  bool has(const char* name) const;
  std::string text(const char* name) const;
  double number(const char* name) const;
  std::uint64_t count(const char* name) const;  // a number, or the length of an array
  bool flag(const char* name) const;
  std::vector<std::string> texts(const char* name) const;  // of an array
  // [{"name":..,"targets":..},...]
  std::vector<std::pair<std::string, std::uint64_t>> sizes(const char* name) const;

 private:
  struct Members;
  std::unique_ptr<Members> members_;
};

}  // namespace deployctl::output
