#include "core/ledger/sqlite/rows.hpp"

#include "core/ledger/rollout_state.hpp"

namespace deployctl::ledger {
namespace {

Result<Digest> digest_from(const SQLite::Column& column) {
  const std::string text = column.getString();
  if (text.empty()) return Digest{};
  auto digest = Digest::parse(text);
  if (!digest)
    return fail(Code::verification,
                std::string("the ledger's column ") + column.getName() + ": " + digest.error().message);
  return digest;
}

}  // namespace

std::string digest_column(const Digest& digest) { return digest.empty() ? std::string() : digest.text(); }
std::int64_t time_column(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_from(const SQLite::Column& column) { return WallTime(std::chrono::milliseconds(column.getInt64())); }

void bind_rollout(SQLite::Statement& s, const RolloutRow& row) {
  int at = 0;
  for (const std::string* text : {&row.id, &row.service, &row.environment, &row.kind}) s.bind(++at, *text);
  s.bind(++at, std::string(to_string(row.state)));
  for (const std::string* text : {&row.version, &row.release_json}) s.bind(++at, *text);
  s.bind(++at, digest_column(row.release));
  for (const std::string* text : {&row.commit, &row.previous, &row.user, &row.host}) s.bind(++at, *text);
  s.bind(++at, row.pid);
  s.bind(++at, static_cast<std::int64_t>(row.pid_start));
  s.bind(++at, row.boot_id);
  s.bind(++at, time_column(row.started));
  s.bind(++at, time_column(row.ended));
  for (const std::string* text : {&row.summary_json, &row.reason, &row.order_json}) s.bind(++at, *text);
  s.bind(++at, static_cast<std::int64_t>(row.epoch));
}

Result<RolloutRow> rollout_from(SQLite::Statement& s) {
  RolloutRow row;
  int at = 0;
  const auto texts = [&](std::initializer_list<std::string*> members) {
    for (std::string* member : members) *member = s.getColumn(at++).getString();
  };
  texts({&row.id, &row.service, &row.environment, &row.kind});
  DEPLOYCTL_TRY(state, to_rollout_state(s.getColumn(at++).getString()));
  row.state = state;
  texts({&row.version, &row.release_json});
  DEPLOYCTL_TRY(release, digest_from(s.getColumn(at++)));
  row.release = release;
  texts({&row.commit, &row.previous, &row.user, &row.host});
  row.pid = s.getColumn(at++).getUInt();
  row.pid_start = static_cast<std::uint64_t>(s.getColumn(at++).getInt64());
  texts({&row.boot_id});
  row.started = time_from(s.getColumn(at++));
  row.ended = time_from(s.getColumn(at++));
  texts({&row.summary_json, &row.reason, &row.order_json});
  row.epoch = static_cast<std::uint64_t>(s.getColumn(at++).getInt64());
  return row;
}

Result<Baseline> baseline_from(SQLite::Statement& s) {
  Baseline b;
  b.region = s.getColumn(0).getString();
  b.target = s.getColumn(1).getString();
  b.folder = s.getColumn(2).getString();
  DEPLOYCTL_TRY(release, digest_from(s.getColumn(3)));
  DEPLOYCTL_TRY(artifact, digest_from(s.getColumn(4)));
  b.release = release;
  b.artifact = artifact;
  b.version = s.getColumn(5).getString();
  return b;
}

}  // namespace deployctl::ledger
