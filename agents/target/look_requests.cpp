// The requests that change nothing: survey, check, read_log.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/target/activation/survey.hpp"
#include "agents/target/requests.hpp"
#include "agents/target/slot/inspection.hpp"
#include "core/io/blocking.hpp"
#include "core/io/fd.hpp"
#include "core/text/program_output.hpp"

namespace deployctl::target {
namespace {

using protocol::pb::Reply;

constexpr std::uint64_t max_log = 512 * 1024;

Result<protocol::pb::Health> health_of(const ResolvedSlot& place) {
  DEPLOYCTL_TRY(owner, place.slot.identity());
  if (owner) {
    DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
  }
  return check_health(place.slot, place.identity);
}

Result<std::string> end_of(const std::string& path) {
  DEPLOYCTL_TRY(fd, io::open_fd(path, O_RDONLY));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return fail(os_error(errno, "look at " + path));
  const auto size = static_cast<std::uint64_t>(st.st_size);
  std::string text(std::min(size, max_log), '\0');
  const ssize_t n = ::pread(fd.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  if (n < 0) return fail(os_error(errno, "read " + path));
  text.resize(static_cast<std::size_t>(n));
  return text::printable(std::move(text));
}

Result<std::string> log_of(const ResolvedSlot& place, const std::string& rollout) {
  if (!plain_name(rollout)) return fail(Code::invalid, "\"" + rollout + "\" is no rollout's id");
  DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
  auto text = end_of(place.slot.hook_log(rollout));
  if (!text && text.error().code == Code::not_found)
    return fail(Code::not_found,
                "there is no log of rollout " + rollout + " here: no hook of it ran, or it was pruned");
  return text;
}

}  // namespace

awaitable<Result<Reply>> answer_survey(Context& context, protocol::pb::Survey asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const std::function<Result<protocol::pb::Surveyed>()> work = [place, asked]() -> Result<protocol::pb::Surveyed> {
    DEPLOYCTL_TRY(surveyed, survey(place.slot, place.identity, asked.with_health(), asked.with_history()));
    if (asked.has_inspect() && surveyed.other_service().empty()) inspect(place.slot, asked.inspect(), surveyed);
    return surveyed;
  };
  DEPLOYCTL_CO_TRY(surveyed, co_await io::run_blocking(context.pool, work));
  Reply reply;
  *reply.mutable_surveyed() = std::move(surveyed);
  co_return reply;
}

awaitable<Result<Reply>> answer_check(Context& context, protocol::pb::Check asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const std::function<Result<protocol::pb::Health>()> work = [place] { return health_of(place); };
  DEPLOYCTL_CO_TRY(health, co_await io::run_blocking(context.pool, work));
  Reply reply;
  *reply.mutable_health() = std::move(health);
  co_return reply;
}

awaitable<Result<Reply>> answer_read_log(Context& context, protocol::pb::ReadLog asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const std::function<Result<std::string>()> work = [place, asked] { return log_of(place, asked.rollout()); };
  DEPLOYCTL_CO_TRY(text, co_await io::run_blocking(context.pool, work));
  Reply reply;
  reply.mutable_log_text()->set_text(std::move(text));
  co_return reply;
}

}  // namespace deployctl::target
