#include "core/link/preamble.hpp"

#include <algorithm>

#include "core/io/deadline.hpp"
#include "core/link/host_refusal.hpp"
#include "core/link/host_words.hpp"

namespace deployctl::link::detail {
namespace {

// Returns the end of what a login printed as one line without control characters.
std::string shown(std::string_view noise) {
  std::string text;
  for (const char c : noise.substr(noise.size() - std::min<std::size_t>(noise.size(), 400))) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u != 0x7f)
      text += c;
    else if (c == '\n' && !text.empty())
      text += " / ";
  }
  return text;
}

// The installer may fail after it has received the agent's bytes; it then prints this line.
constexpr std::string_view installers_line = "deployctl: cannot install the agent";

Error no_agent(Code code, const std::string& what, std::string_view noise) {
  const auto text = shown(noise);
  auto e = error(code, what + (text.empty() ? "" : "; it said: " + text));
  return with_hint(std::move(e), advice_for(noise));
}

struct Reader {
  io::ByteStream& stream;
  SteadyTime until;  // deadline of the next reads
  Duration most;
  std::string seen;

  void begin_wait() { until = io::now_steady() + most; }

  awaitable<Status> more() {
    Bytes part(16 * 1024);
    const auto left = std::max(until - io::now_steady(), Duration(0));
    const auto got = co_await io::with_deadline(stream.read_some(part), left, "the login");
    if (!got && got.error().code == Code::timed_out)
      co_return fail(
          no_agent(Code::unreachable, "the login's shell did not run the agent within " + human_duration(most), seen));
    if (!got && got.error().code == Code::disconnected && got.error().hint.empty())
      co_return fail(with_hint(got.error(), advice_for(got.error().message)));
    if (!got) co_return fail(got.error());
    if (const auto at = seen.find(installers_line); *got == 0 && at != std::string::npos)
      co_return fail(host_refusal(seen.substr(at, seen.find('\n', at) - at)));
    if (*got == 0) co_return fail(no_agent(Code::disconnected, "the login ended before the agent answered", seen));
    seen.append(as_text(BytesView(part).first(*got)));
    co_return Status{};
  }
};

bool is_machine(const std::string& name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '?';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), plain);
}

// Reads "x86_64\n" after missing_magic, or "?\n" from a host without `uname`. `seen` keeps what follows it.
awaitable<Result<std::string>> read_machine(Reader& reader) {
  for (;;) {
    const auto end = reader.seen.find('\n');
    if (end != std::string::npos) {
      std::string machine = reader.seen.substr(0, end);
      reader.seen.erase(0, end + 1);
      if (is_machine(machine)) co_return machine;
      co_return fail(no_agent(Code::unreachable, "the host did not name its machine type", machine));
    }
    if (reader.seen.size() > 256)
      co_return fail(no_agent(Code::unreachable, "the host did not name its machine type", reader.seen));
    DEPLOYCTL_CO_CHECK(co_await reader.more());
  }
}

awaitable<Status> install(Reader& reader, const LinkOptions& options) {
  DEPLOYCTL_CO_TRY(machine, co_await read_machine(reader));
  if (!options.install) co_return fail(Code::not_found, "the host has no agent of this version");
  auto installed = co_await options.install(reader.stream, machine);
  reader.begin_wait();
  // The host's error message may have arrived together with its machine type.
  const std::string said = reader.seen.substr(0, reader.seen.find('\n'));
  if (!installed && installed.error().code == Code::disconnected && !said.empty()) co_return fail(host_refusal(said));
  co_return installed;
}

}  // namespace

awaitable<Result<Bytes>> await_magic(io::ByteStream& stream, const LinkOptions& options) {
  Reader reader{stream, {}, options.shell_timeout, {}};
  reader.begin_wait();
  bool installed = false;
  for (;;) {
    if (const auto at = reader.seen.find(protocol::magic); at != std::string::npos) {
      const auto rest = as_bytes(reader.seen).subspan(at + protocol::magic_size);
      co_return Bytes(rest.begin(), rest.end());
    }
    const auto missing = reader.seen.find(protocol::missing_magic);
    if (missing != std::string::npos && !installed) {
      reader.seen.erase(0, missing + protocol::magic_size);
      installed = true;
      DEPLOYCTL_CO_CHECK(co_await install(reader, options));
      continue;
    }
    if (reader.seen.size() > protocol::max_noise)
      co_return fail(no_agent(Code::unreachable, "no agent answered", reader.seen));
    DEPLOYCTL_CO_CHECK(co_await reader.more());
  }
}

}  // namespace deployctl::link::detail
