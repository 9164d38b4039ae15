#include "core/transport/jump.hpp"

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/host/subprocess.hpp"
#include "core/io/fd_stream.hpp"

namespace deployctl::transport::detail {
namespace {

using asio::awaitable;

constexpr std::size_t max_words = 2048;

// Shared with the coroutine that reads the child's stderr; that coroutine ends when the child exits.
struct Words {
  std::unique_ptr<io::ByteStream> stream;
  std::string text;
};

awaitable<void> hear(std::shared_ptr<Words> words) {
  std::array<std::uint8_t, 1024> part;
  for (;;) {
    const auto n = co_await words->stream->read_some(part);
    if (!n || *n == 0) co_return;
    words->text.append(as_text(BytesView(part).first(*n)));
    if (words->text.size() > max_words) words->text.erase(0, words->text.size() - max_words);
  }
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.find_last_of('\n') + 1);
}

class JumpStream final : public io::ByteStream {
 public:
  JumpStream(host::Subprocess child, std::unique_ptr<io::ByteStream> stream, std::shared_ptr<Words> words)
      : child_(std::move(child)), stream_(std::move(stream)), words_(std::move(words)) {}
  ~JumpStream() override { JumpStream::close(); }
  asio::any_io_executor executor() override { return stream_->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return read(into); }
  awaitable<Status> write(BytesView data) override { return stream_->write(data); }
  awaitable<Status> close_write() override { return stream_->close_write(); }
  void close() override {
    stream_->close();
    words_->stream->close();
    (void)child_.signal(15);
  }

 private:
  awaitable<Result<std::size_t>> read(std::span<std::uint8_t> into) {
    auto n = co_await stream_->read_some(into);
    if (n && *n == 0 && !heard_)
      co_return fail(Code::unreachable, "the way through the jump host failed: " +
                                            (words_->text.empty() ? "ssh -W ended" : last_line(words_->text)));
    heard_ = true;
    co_return n;
  }

  host::Subprocess child_;
  std::unique_ptr<io::ByteStream> stream_;
  std::shared_ptr<Words> words_;
  bool heard_ = false;
};

Result<std::shared_ptr<Words>> listen_to(asio::any_io_executor executor, io::Fd fd) {
  auto words = std::make_shared<Words>();
  DEPLOYCTL_TRY(copy, io::duplicate(fd.get()));
  DEPLOYCTL_TRY(stream, io::make_fd_stream(executor, std::move(fd), std::move(copy)));
  words->stream = std::move(stream);
  asio::co_spawn(executor, hear(words), asio::detached);
  return words;
}

std::string as_uri(const std::string& hop) { return hop.starts_with("ssh://") ? hop : "ssh://" + hop; }

}  // namespace

std::vector<std::string> jump_command(const std::string& config, const std::string& hops, const std::string& host,
                                      unsigned port) {
  const bool v6 = host.find(':') != std::string::npos;
  std::vector<std::string> argv{
      "ssh", "-F", config, "-o", "BatchMode=yes", "-W", (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port)};
  const auto comma = hops.find_last_of(',');
  if (comma != std::string::npos) argv.insert(argv.end(), {"-J", hops.substr(0, comma)});
  argv.insert(argv.end(), {"--", as_uri(comma == std::string::npos ? hops : hops.substr(comma + 1))});
  return argv;
}

Result<std::unique_ptr<io::ByteStream>> open_jump(asio::any_io_executor executor, const std::string& config,
                                                  const std::string& hops, const std::string& host, unsigned port) {
  host::Command command;
  command.argv = jump_command(config, hops, host, port);
  command.in = command.out = command.err = host::Stdio::pipe();
  DEPLOYCTL_TRY(child, host::Subprocess::spawn(command));
  DEPLOYCTL_TRY(stream, io::make_fd_stream(executor, child.take_stdout(), child.take_stdin()));
  DEPLOYCTL_TRY(words, listen_to(executor, child.take_stderr()));
  return std::make_unique<JumpStream>(std::move(child), std::move(stream), std::move(words));
}

}  // namespace deployctl::transport::detail
