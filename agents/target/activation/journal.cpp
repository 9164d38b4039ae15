#include "agents/target/activation/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agents/target/slot/json.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"

namespace deployctl::target {
namespace {

constexpr off_t usual_size = 64 * 1024;
constexpr std::array<const char*, 6> kinds{"resumed", "begun", "process", "done", "failed", "ended"};

Json to_json(const Intent& i) {
  return {{"record", "intent"},
          {"rollout", i.rollout},
          {"epoch", i.epoch},
          {"service", i.service},
          {"environment", i.environment},
          {"region", i.region},
          {"target", i.target},
          {"to", i.to},
          {"to_release", i.to_release},
          {"from", i.from},
          {"from_release", i.from_release},
          {"log_from", i.log_from},
          {"kind", i.kind},
          {"time", host::wall_ms()}};
}

Intent intent_from(const Json& json) {
  Intent i;
  json.at("rollout").get_to(i.rollout);
  json.at("epoch").get_to(i.epoch);
  json.at("service").get_to(i.service);
  json.at("environment").get_to(i.environment);
  json.at("region").get_to(i.region);
  json.at("target").get_to(i.target);
  json.at("to").get_to(i.to);
  json.at("to_release").get_to(i.to_release);
  json.at("from").get_to(i.from);
  json.at("from_release").get_to(i.from_release);
  json.at("log_from").get_to(i.log_from);
  i.kind = json.value("kind", "");
  return i;
}

Json to_json(const Record& r) {
  Json json{
      {"record", kinds.at(static_cast<std::size_t>(r.kind))}, {"boot_id", r.at.boot_id}, {"boottime_ms", r.at.ms}};
  if (r.kind == Record::Kind::ended) json["outcome"] = to_string(r.outcome);
  if (r.kind != Record::Kind::ended && r.kind != Record::Kind::resumed) json["step"] = to_string(r.step);
  if (r.kind == Record::Kind::process) json.update({{"group", r.group}, {"session", r.session}});
  if (r.kind == Record::Kind::failed)
    json["error"] = {{"code", to_string(r.error.code)},
                     {"message", r.error.message},
                     {"context", r.error.context},
                     {"hint", r.error.hint}};
  return json;
}

Error error_from(const Json& json) {
  Error e = error(to_code(json.at("code").get<std::string>()), json.at("message").get<std::string>());
  json.at("context").get_to(e.context);
  json.at("hint").get_to(e.hint);
  return e;
}

Result<Record> record_from(const Json& json) {
  Record r;
  const auto kind = json.at("record").get<std::string>();
  std::size_t at = 0;
  while (at < kinds.size() && kind != kinds[at]) ++at;
  if (at == kinds.size()) return fail(Code::invalid, "'" + kind + "' is no record of a journal");
  r.kind = static_cast<Record::Kind>(at);
  json.at("boot_id").get_to(r.at.boot_id);
  json.at("boottime_ms").get_to(r.at.ms);
  if (json.contains("step")) {
    DEPLOYCTL_TRY(step, to_step(json.at("step").get<std::string>()));
    r.step = step;
  }
  if (r.kind == Record::Kind::process) {
    json.at("group").get_to(r.group);
    json.at("session").get_to(r.session);
  }
  if (r.kind == Record::Kind::failed) r.error = error_from(json.at("error"));
  if (r.kind == Record::Kind::ended) {
    DEPLOYCTL_TRY(outcome, to_outcome(json.at("outcome").get<std::string>()));
    r.outcome = outcome;
  }
  return r;
}

// Parses whole lines only.
Result<JournalText> parse(const std::string& text, const std::string& file) {
  JournalText out;
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) break;
    const auto line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (first) {
      DEPLOYCTL_TRY(intent, read_json<Intent>(line, file, intent_from));
      out.intent = std::move(intent);
      first = false;
      continue;
    }
    DEPLOYCTL_TRY(record, read_json<Result<Record>>(line, file, [](const Json& j) { return record_from(j); }));
    if (!record) return fail(with_context(record.error(), file));
    out.records.push_back(std::move(*record));
  }
  if (first) return fail(Code::invalid, file + " has no first line");
  return out;
}

Status sync(int fd, const std::string& what) {
  if (::fdatasync(fd) != 0) return fail(os_error(errno, "fsync " + what));
  return {};
}

}  // namespace

Result<JournalText> Journal::read(const Slot& slot) {
  const std::string file = slot.state("journal");
  DEPLOYCTL_TRY(text, io::read_own_file(file));
  return parse(text, file);
}

Status Journal::begin(const Slot& slot, const Intent& intent) {
  DEPLOYCTL_TRY(file, io::AtomicFile::create(slot.state("journal"), 0600));
  // Reserves the space that a journal usually needs, so that a disk that fills up meanwhile does not stop the
  // activation halfway.
  if (::fallocate(file.fd(), FALLOC_FL_KEEP_SIZE, 0, usual_size) != 0 && errno == ENOSPC)
    return fail(os_error(errno, "make room for the journal in " + slot.path()));
  DEPLOYCTL_CHECK(file.write(dump(to_json(intent)) + "\n"));
  return file.commit();
}

Result<Journal> Journal::open(const Slot& slot) {
  const std::string file = slot.state("journal");
  DEPLOYCTL_TRY(text, io::read_own_file(file));
  DEPLOYCTL_TRY(parsed, parse(text, file));
  DEPLOYCTL_TRY(fd, io::open_fd(file, O_WRONLY | O_APPEND | O_NOFOLLOW));
  const auto whole = text.rfind('\n') + 1;
  if (whole != text.size() && ::ftruncate(fd.get(), static_cast<off_t>(whole)) != 0)
    return fail(os_error(errno, "cut a torn line off " + file));
  return Journal(std::move(parsed), std::move(fd));
}

Status Journal::append(Record record) {
  record.at = host::boot_now();
  const std::string line = dump(to_json(record)) + "\n";
  DEPLOYCTL_CHECK(io::write_all(fd_.get(), as_bytes(line)));
  DEPLOYCTL_CHECK(sync(fd_.get(), "the journal"));
  text_.records.push_back(std::move(record));
  return {};
}

Result<std::optional<Intent>> unfinished(const Slot& slot) {
  auto journal = Journal::read(slot);
  if (!journal && journal.error().code == Code::not_found) return std::optional<Intent>{};
  if (!journal) return fail(journal.error());
  if (fold(journal->records).ended) return std::optional<Intent>{};
  return std::optional(std::move(journal->intent));
}

}  // namespace deployctl::target
