// The house as CMakeLists.txt draws it, and what an include must be like in it. Pure: text in, mistakes out, so that
// the checks themselves are tested.
#pragma once

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace deployctl::house {

inline const std::string root = TEST_SOURCE_DIR;  // of this repository

struct Room {
  std::string name;
  std::string dir;             // "core/io"; a program's: "cli"
  std::set<std::string> uses;  // rooms and libraries, as its line says
  bool program = false;
};

class Plan {
 public:
  // From the calls room(NAME USES ... [IN dir]) and program(NAME [STATIC] USES ... IN dir).
  explicit Plan(const std::string& cmake) {
    static const std::regex call(R"((?:^|\n)(room|program)\(([a-z-]+)\s+([^)]*)\))");
    for (auto at = std::sregex_iterator(cmake.begin(), cmake.end(), call); at != std::sregex_iterator(); ++at)
      add((*at)[2], (*at)[1] == "program", (*at)[3]);
  }

  const std::vector<Room>& rooms() const { return rooms_; }
  const Room* find(const std::string& name) const {
    const auto at = std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& r) { return r.name == name; });
    return at == rooms_.end() ? nullptr : &*at;
  }
  // The room in whose folder a file stands.
  const Room* of(const std::string& file) const {
    const std::string dir = file.substr(0, file.rfind('/'));
    const auto at = std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& r) { return r.dir == dir; });
    return at == rooms_.end() ? nullptr : &*at;
  }
  // What a room may name: itself, what it uses, and what those use.
  std::set<std::string> reach(const std::string& name) const {
    std::set<std::string> seen;
    std::vector<std::string> todo{name};
    while (!todo.empty()) {
      const std::string next = todo.back();
      todo.pop_back();
      if (!seen.insert(next).second) continue;
      if (const Room* room = find(next)) todo.insert(todo.end(), room->uses.begin(), room->uses.end());
    }
    return seen;
  }

 private:
  void add(const std::string& name, bool program, const std::string& rest) {
    Room room{name, "core/" + name, {}, program};
    std::istringstream words(rest);
    std::string mode;
    for (std::string word; words >> word;) {
      if (word == "USES" || word == "IN" || word == "PROTO" || word == "SCHEMA" || word == "TEXTS" || word == "STATIC")
        mode = word;
      else if (mode == "USES")
        room.uses.insert(word);
      else if (mode == "IN")
        room.dir = word;
    }
    rooms_.push_back(std::move(room));
  }
  std::vector<Room> rooms_;
};

struct Include {
  std::string what;   // "core/io/fd.hpp", "asio/awaitable.hpp"
  bool ours = false;  // in quotes
};

inline std::vector<Include> includes_of(const std::string& text) {
  static const std::regex line(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> out;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one);) {
    std::smatch m;
    if (std::regex_search(one, m, line)) out.push_back({m[2], m[1] == "\""});
  }
  return out;
}

// Where a header that only a few may see is seen.
struct Privilege {
  std::string header;              // the include begins with this
  std::vector<std::string> where;  // files whose path begins with one of these
};

inline const std::vector<Privilege>& privileges() {
  static const std::vector<Privilege> all{
      {"core/ssh/", {"core/ssh/", "core/remote/", "core/rollout/fleet_", "cli/commands/fleet_", "agents/dial_"}},
      {"libssh2", {"core/ssh/"}},
      {"sqlite", {"core/ledger/"}},
      {"SQLiteCpp/", {"core/ledger/"}},
      {"git2", {"core/git/"}},
      {"curl/", {"core/http/"}},
      {"zstd", {"core/payload/", "core/link/packer.cpp"}},
      {"yaml-cpp/", {"plans/"}},
      {"CLI/", {"cli/commands/command_line.cpp"}},
      {"google/protobuf/", {"core/wire/"}},
  };
  return all;
}

inline bool begins_with_one_of(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& b) { return text.starts_with(b); });
}

inline std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

inline bool is_header(const std::string& file) { return file.ends_with(".hpp"); }

// What is wrong with one include of one file; empty: nothing.
inline std::string mistake(const Plan& plan, const std::string& file, const Include& include) {
  const Room* room = plan.of(file);
  if (!room) return file + " stands in no room";
  if (include.ours) {
    const Room* other = plan.of(include.what);
    if (!other && include.what.ends_with(".inc")) other = plan.of(parent(include.what));  // a text that the room embeds
    if (!other) return file + " includes \"" + include.what + "\", which is in no room";
    if (other->program && other != room) return file + " includes " + include.what + ", a program's own";
    if (!plan.reach(room->name).contains(other->name))
      return file + " includes " + include.what + ", but " + room->name + " does not use " + other->name;
  }
  static const std::set<std::string> light{"asio/awaitable.hpp", "asio/any_io_executor.hpp"};
  static const std::string timer = "core/io/timer.hpp";  // Asio's as well, by our name
  if (is_header(file) && file != timer &&
      (include.what == timer || (include.what.starts_with("asio") && !light.contains(include.what))))
    return file + " includes <" + include.what +
           ">: a header sees asio/awaitable.hpp and asio/any_io_executor.hpp only";
  for (const auto& privilege : privileges())
    if (include.what.starts_with(privilege.header) && !begins_with_one_of(file, privilege.where))
      return file + " includes " + include.what + ", which is not for it";
  return {};
}

}  // namespace deployctl::house
