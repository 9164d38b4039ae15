#include "core/remote/open_agent.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>

#include "core/io/deadline.hpp"
#include "core/io/fd.hpp"
#include "core/link/host_refusal.hpp"
#include "core/remote/agent_command.hpp"

namespace deployctl::remote {
namespace {

using asio::awaitable;

constexpr const char* unknown_machine = "?";                 // the host has no uname
constexpr Duration longest_write{std::chrono::seconds(20)};  // for 64 KiB

// A channel that owns its session, because the link holds only a stream.
class SessionStream final : public io::ByteStream {
 public:
  SessionStream(std::shared_ptr<transport::Session> session, std::unique_ptr<io::ByteStream> channel)
      : session_(std::move(session)), channel_(std::move(channel)) {}
  ~SessionStream() override { SessionStream::close(); }
  asio::any_io_executor executor() override { return session_->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return channel_->read_some(into); }
  awaitable<Status> write(BytesView data) override { return channel_->write(data); }
  awaitable<Status> close_write() override { return channel_->close_write(); }
  void close() override {
    channel_->close();
    session_->close();
  }

 private:
  std::shared_ptr<transport::Session> session_;
  std::unique_ptr<io::ByteStream> channel_;
};

std::string new_token() {
  std::random_device random;
  return std::to_string(random()) + std::to_string(random());
}

// Reads the host's message after it rejected the bytes.
awaitable<Error> refusal(io::ByteStream& stream, Error why) {
  if (why.code != Code::disconnected) co_return why;  // the host may print nothing and keep the stream open
  std::string said;
  Bytes part(1024);
  while (said.size() < 4096) {
    const auto n = co_await stream.read_some(part);
    if (!n || *n == 0) break;
    said.append(as_text(BytesView(part).first(*n)));
  }
  said = said.substr(0, said.find('\n'));
  if (said.empty()) co_return why;
  co_return link::host_refusal(said);
}

// A host that stops reading fails after 20 s, before the time for the whole installation is over.
awaitable<Status> write(io::ByteStream& stream, BytesView bytes) {
  auto written = co_await io::with_deadline(stream.write(bytes), longest_write, "sending the agent");
  if (!written && written.error().code == Code::timed_out)
    co_return fail(Code::unreachable, "the host takes no bytes of the agent that is sent to it");
  co_return written;
}

awaitable<Status> send_image(io::ByteStream& stream, AgentImage image) {
  DEPLOYCTL_CO_TRY(file, io::open_fd(image.path, O_RDONLY));
  Bytes part(64 * 1024);
  for (std::uint64_t left = image.size; left > 0;) {
    const auto n = ::read(file.get(), part.data(), std::min<std::uint64_t>(part.size(), left));
    if (n < 0) co_return fail(os_error(errno, "read " + image.path));
    if (n == 0) co_return fail(Code::invalid, "agent " + image.path + " has become shorter meanwhile");
    const auto sent = co_await write(stream, BytesView(part).first(static_cast<std::size_t>(n)));
    if (!sent) co_return fail(co_await refusal(stream, sent.error()));
    left -= static_cast<std::uint64_t>(n);
  }
  co_return Status{};
}

awaitable<Status> install(io::ByteStream& stream, std::string machine, AgentImage image) {
  const bool known = machine != unknown_machine;
  if (known && machine != image.machine)
    co_return fail(Code::unsupported,
                   "the host is a " + machine + " machine; this agent is for " + image.machine + " only");
  const std::string line = detail::install_line(image, new_token(), known);
  const auto asked = co_await write(stream, as_bytes(line));
  if (!asked) co_return fail(co_await refusal(stream, asked.error()));
  co_return co_await send_image(stream, std::move(image));
}

link::LinkOptions link_options(const std::string& name, link::LoginTimes login, const AgentOptions& options) {
  link::LinkOptions out;
  out.login = login;
  out.name = name;
  out.program = options.program;
  out.packs = options.role == "relay";
  out.hello_timeout = options.timeout;
  out.shell_timeout = std::min(out.shell_timeout, options.timeout);
  out.install = [image = options.image](io::ByteStream& stream, std::string machine) {
    return install(stream, std::move(machine), image);
  };
  return out;
}

using Opened = std::shared_ptr<link::AgentLink>;

awaitable<Result<Opened>> open(asio::any_io_executor executor, transport::DialOptions dial, AgentOptions options) {
  const std::string name = dial.endpoint.name();
  const auto begun = io::now_steady();
  DEPLOYCTL_CO_TRY(session, co_await transport::dial(executor, std::move(dial)));
  const link::LoginTimes login{io::now_steady() - begun, session->round_trip()};
  DEPLOYCTL_CO_TRY(channel, co_await exec_agent(*session, options));
  std::unique_ptr<io::ByteStream> stream = std::make_unique<SessionStream>(session, std::move(channel));
  co_return co_await link_agent(std::move(stream), name, login, std::move(options));
}

}  // namespace

awaitable<Result<std::unique_ptr<io::ByteStream>>> exec_agent(transport::Session& session, AgentOptions options) {
  const std::string command = detail::agent_command(options.image, options.role);
  co_return co_await session.exec(command);
}

awaitable<Result<Opened>> link_agent(std::unique_ptr<io::ByteStream> stream, std::string name, link::LoginTimes login,
                                     AgentOptions options) {
  auto linked = link_options(name, login, options);
  co_return co_await link::AgentLink::open(std::move(stream), std::move(linked));
}

awaitable<Result<Opened>> open_agent(asio::any_io_executor executor, transport::DialOptions dial,
                                     AgentOptions options) {
  if (options.role != "relay" && options.role != "target")
    co_return fail(Code::invalid, "an agent is a relay or a target, not: " + options.role);
  const std::string what = "opening the agent on " + dial.endpoint.name();
  const Duration most = options.timeout;
  co_return co_await io::with_deadline(open(std::move(executor), std::move(dial), std::move(options)), most, what);
}

}  // namespace deployctl::remote
