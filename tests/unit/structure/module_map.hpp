// The modules as CMakeLists.txt declares them, and the rules for includes that follow. Pure: text in, violations out,
// so that the rules themselves are tested.
#pragma once

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace deployctl::structure {

inline const std::string root = TEST_SOURCE_DIR;  // of this repository

inline std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
inline bool is_header(const std::string& file) { return file.ends_with(".hpp"); }

struct Module {
  std::string name;               // "rollout/decision"; a program's: "deployctl"
  std::string dir;                // "core/rollout/decision"; a program's: "cli"
  std::vector<std::string> uses;  // modules and libraries, in the order of its line
  bool program = false;
};

class ModuleMap {
 public:
  // From the calls module(NAME USES ... ) and program(NAME [STATIC] IN dir USES ...).
  explicit ModuleMap(const std::string& cmake) {
    static const std::regex call(R"((?:^|\n)(module|program)\(([a-z0-9/-]+)\s+([^)]*)\))");
    for (auto at = std::sregex_iterator(cmake.begin(), cmake.end(), call); at != std::sregex_iterator(); ++at)
      add((*at)[2], (*at)[1] == "program", (*at)[3]);
  }

  const std::vector<Module>& modules() const { return modules_; }
  const Module* find(const std::string& name) const {
    const auto at = std::find_if(modules_.begin(), modules_.end(), [&](const Module& m) { return m.name == name; });
    return at == modules_.end() ? nullptr : &*at;
  }
  // The module in whose folder a file is; for a text that a module embeds, also in a folder below it.
  const Module* of(const std::string& file) const {
    std::string dir = parent(file);
    if (const Module* found = at_dir(dir)) return found;
    return file.ends_with(".inc") ? at_dir(parent(dir)) : nullptr;
  }
  // Everything that a module is linked with: itself, what it uses, and what those use.
  std::set<std::string> reach(const std::string& name) const {
    std::set<std::string> seen;
    std::vector<std::string> todo{name};
    while (!todo.empty()) {
      const std::string next = todo.back();
      todo.pop_back();
      if (!seen.insert(next).second) continue;
      if (const Module* module = find(next)) todo.insert(todo.end(), module->uses.begin(), module->uses.end());
    }
    return seen;
  }

 private:
  const Module* at_dir(const std::string& dir) const {
    const auto at = std::find_if(modules_.begin(), modules_.end(), [&](const Module& m) { return m.dir == dir; });
    return at == modules_.end() ? nullptr : &*at;
  }
  void add(const std::string& name, bool program, const std::string& rest) {
    static const std::regex outside_core("^(cli|agents|plans)(/|$)");
    Module module{name, std::regex_search(name, outside_core) ? name : "core/" + name, {}, program};
    std::istringstream words(rest);
    std::string mode;
    for (std::string word; words >> word;) {
      if (word == "USES" || word == "IN" || word == "PROTO" || word == "TEXTS" || word == "STATIC")
        mode = word;
      else if (mode == "USES")
        module.uses.push_back(word);
      else if (mode == "IN")
        module.dir = word;
    }
    modules_.push_back(std::move(module));
  }
  std::vector<Module> modules_;
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

// The library of dependencies.cmake that a system header belongs to; empty: none that a module has to list (the C and
// C++ library; fmt and expected, which every module has).
inline std::string library_of(const std::string& header) {
  static const std::vector<std::pair<std::string, std::string>> beginnings{
      {"libssh2", "libssh2"},       {"sqlite3", "sqlite"}, {"SQLiteCpp/", "sqlite"}, {"git2", "libgit2"},
      {"curl/", "libcurl"},         {"zstd", "zstd"},      {"yaml-cpp/", "yaml"},    {"CLI/", "cli11"},
      {"google/", "protobuf_lite"}, {"nlohmann/", "json"}, {"asio", "asio"},         {"openssl/", "libcrypto"},
      {"date/", "date_tz"}};
  for (const auto& [beginning, library] : beginnings)
    if (header.starts_with(beginning)) return library;
  return {};
}

// What an include makes its module use: a module's or a library's name; empty: nothing that has to be listed.
inline std::string used_by(const ModuleMap& map, const Include& include) {
  if (!include.ours) return library_of(include.what);
  if (include.what.ends_with(".pb.h")) return "protobuf_lite";
  const Module* other = map.of(include.what);
  return other ? other->name : "";
}

// What is wrong with one include of one file; empty: nothing.
inline std::string violation(const ModuleMap& map, const std::string& file, const Include& include) {
  const Module* module = map.of(file);
  if (!module) return file + " is in no module";
  if (include.ours) {
    const Module* other = map.of(include.what);
    if (!other) return file + " includes \"" + include.what + "\", which is in no module";
    if (other->program && other != module) return file + " includes " + include.what + ", which belongs to a program";
  }
  const std::string used = used_by(map, include);
  if (!used.empty() && used != module->name && std::ranges::find(module->uses, used) == module->uses.end())
    return file + " includes " + include.what + ", but " + module->name + " does not list " + used;
  static const std::set<std::string> light{"asio/awaitable.hpp", "asio/any_io_executor.hpp"};
  static const std::string timer = "core/io/timer.hpp";  // includes Asio's timer
  if (is_header(file) && file != timer &&
      (include.what == timer || (include.what.starts_with("asio") && !light.contains(include.what))))
    return file + " includes <" + include.what +
           ">: a header may include only asio/awaitable.hpp and asio/any_io_executor.hpp, because every file that "
           "includes it compiles them";
  return {};
}

// What modules list and none of their files includes: "rollout/survey lists json". `files`: the includes of each file.
inline std::vector<std::string> unused(const ModuleMap& map, const std::map<std::string, std::vector<Include>>& files) {
  std::map<std::string, std::set<std::string>> used;
  for (const auto& [file, includes] : files)
    if (const Module* module = map.of(file))
      for (const auto& include : includes) used[module->name].insert(used_by(map, include));
  std::vector<std::string> out;
  for (const auto& module : map.modules())
    for (const auto& listed : module.uses)
      if (!used[module.name].contains(listed)) out.push_back(module.name + " lists " + listed);
  return out;
}

}  // namespace deployctl::structure
