// deployctl init: a plan and a fleet to start from, every line explained. Never overwrites a file.
#include "cli/commands/init.hpp"

#include <fcntl.h>

#include <cctype>
#include <filesystem>

#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "core/events/event.hpp"
#include "core/host/this_process.hpp"
#include "core/io/fd.hpp"
#include "core/io/files.hpp"
#include "plans/templates.hpp"

namespace deployctl::cli {
namespace {

struct InitOptions {
  std::string dir = ".", service, repo;
};

struct NewFile {
  std::string path, text;
};

// A folder's name as a service's: what a name can't hold becomes '-'.
std::string service_of(const std::string& dir) {
  auto path = std::filesystem::absolute(dir).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  std::string name = path.filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_') c = '-';
  while (!name.empty() && !std::isalnum(static_cast<unsigned char>(name.front()))) name.erase(name.begin());
  return name.empty() ? "service" : name;
}

// true: written; false: something stands there already, a dangling link too.
Result<bool> write_new(const NewFile& file) {
  auto fd = io::open_fd(file.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
  if (!fd && fd.error().code == Code::exists) return false;
  if (!fd) return fail(fd.error());
  DEPLOYCTL_CHECK(io::write_all(fd->get(), as_bytes(file.text)));
  return true;
}

// The plan names its repository from its own folder; the user named it from the current one. A URL and "host:path" stay
// as they are.
std::string from_folder(const std::string& repo, const std::string& dir) {
  const auto colon = repo.find(':');
  const bool is_remote =
      repo.find("://") != std::string::npos || (colon != std::string::npos && repo.find('/') > colon);
  if (is_remote || repo.starts_with("/") || repo.starts_with("~")) return repo;
  std::error_code ec;
  const auto found = std::filesystem::relative(repo, dir, ec);
  return ec || found.empty() ? std::filesystem::absolute(repo).lexically_normal().string() : found.string();
}

std::string in_dir(const std::string& dir, const char* name) { return dir == "." ? name : dir + "/" + name; }

std::vector<NewFile> files_of(const InitOptions& options) {
  const std::string service = options.service.empty() ? service_of(options.dir) : options.service;
  const std::string repo = options.repo.empty() ? "." : from_folder(options.repo, options.dir);
  std::string user = host::this_process().user;
  if (user.empty()) user = "deploy";
  return {
      {in_dir(options.dir, "deploy.yaml"), plans::fill_plan({.service = service, .repo = repo, .ref = "HEAD"})},
      {in_dir(options.dir, "fleet.yaml"), plans::fill_fleet({.user = user, .region = "home", .host = "127.0.0.1"})}};
}

void say(Context& context, const std::vector<std::string>& written, const std::vector<std::string>& kept,
         const std::string& plan, const std::string& known_hosts) {
  for (const auto& path : written) context.print("wrote " + path + "\n");
  for (const auto& path : kept) context.print("kept " + path + ", which was there already\n");
  events::Event event;
  event.name = "initialized";
  event.body = JsonObject().add("written", written).add("kept", kept).text();
  context.emit(std::move(event));
  context.note("edit them, and pin your hosts' keys: ssh-keyscan HOST >> " + shell_word(known_hosts));
  context.note_next({rollout::Advice::Kind::validate}, Invocation::of(context.globals(), plan));
}

Result<int> init(const InitOptions& options, Context& context) {
  DEPLOYCTL_CHECK(io::make_dirs(options.dir));
  const auto files = files_of(options);
  std::vector<std::string> written, kept;
  for (const auto& file : files) {
    DEPLOYCTL_TRY(is_new, write_new(file));
    (is_new ? written : kept).push_back(file.path);
  }
  if (written.empty())
    return fail(
        with_hint(error(Code::exists, kept[0] + " and " + kept[1] + " are there already; nothing was written"),
                  rollout::hint_of("check what is there", commands_of(Invocation::of(context.globals(), kept[0])),
                                   {rollout::Advice::Kind::validate})));
  say(context, written, kept, files[0].path, in_dir(options.dir, "known_hosts"));
  return exit_codes::done;
}

}  // namespace

Command init_command() {
  auto options = std::make_shared<InitOptions>();
  return {.name = "init",
          .summary = "write a plan and a fleet to start from",
          .declare =
              [options](Arguments& a) {
                a.optional_positional("DIR", options->dir, "where; made if missing (default: here)");
                a.option("--service", "NAME", options->service, "the service's name (default: the folder's)");
                a.option("--repo", "REPO", options->repo,
                         "its git repository: a path from here, or a URL (default: DIR itself)");
              },
          .run =
              [options](Context& context) {
                const auto code = init(*options, context);
                return code ? *code : context.fail_with(code.error());
              },
          .subcommands = {},
          .details = "Writes deploy.yaml and fleet.yaml. A file that is there already is left as it is."};
}

}  // namespace deployctl::cli
