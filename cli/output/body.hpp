// The members of an event's body, read by name. What is missing or of another type reads as nothing: a renderer shows
// what it can of an event, it never stops a rollout. A value; compiles JSON in one file only.
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
  std::uint64_t count(const char* name) const;  // a number, or how many an array holds
  bool flag(const char* name) const;
  std::vector<std::string> texts(const char* name) const;  // of an array
  // [{"name":..,"targets":..},...]
  std::vector<std::pair<std::string, std::uint64_t>> sizes(const char* name) const;

 private:
  struct Members;
  std::unique_ptr<Members> members_;
};

}  // namespace deployctl::output
