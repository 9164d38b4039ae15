#include "core/ledger/sqlite/sqlite_ledger.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/ledger/ledger.hpp"
#include "core/ledger/sqlite/database.hpp"
#include "core/ledger/sqlite/rows.hpp"

namespace deployctl::ledger {
namespace {

using Sqlite = SQLite::Database;

template <class T, class Read>
Result<std::vector<T>> all(SQLite::Statement& statement, Read read) {
  std::vector<T> rows;
  while (statement.executeStep()) {
    DEPLOYCTL_TRY(row, read(statement));
    rows.push_back(std::move(row));
  }
  return rows;
}

Error no_rollout(const std::string& id) { return error(Code::not_found, "the ledger has no rollout " + id); }

Result<std::uint64_t> last_seq_of(Sqlite& db, const std::string& rollout) {
  SQLite::Statement s(db, "SELECT (SELECT max(seq) FROM events WHERE rollout = ?1) FROM rollouts WHERE id = ?1");
  s.bind(1, rollout);
  if (!s.executeStep()) return fail(no_rollout(rollout));
  return static_cast<std::uint64_t>(s.getColumn(0).getInt64());
}

Result<std::optional<RolloutRow>> the_one(std::vector<RolloutRow> rows, const std::string& asked) {
  if (rows.empty()) return std::optional<RolloutRow>{};
  if (rows.size() == 1 || rows[0].id == asked) return std::optional(std::move(rows[0]));
  std::string ids;
  for (const auto& row : rows) ids += (ids.empty() ? "" : ", ") + row.id;
  return fail(
      with_hint(error(Code::invalid, "'" + asked + "' begins the ids of several rollouts"), "name one of " + ids));
}

class SqliteLedger : public Ledger {
 public:
  explicit SqliteLedger(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Status add_rollout(const RolloutRow& row) override {
    return database_->write("note a rollout", [&](Sqlite& db) -> Status {
      SQLite::Statement s(
          db, fmt::format("INSERT INTO rollouts ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                          "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) ON CONFLICT (id) DO NOTHING",
                          rollout_columns));
      bind_rollout(s, row);
      if (s.exec() == 0) return fail(Code::exists, "the ledger has a rollout " + row.id + " already");
      return {};
    });
  }

  Status update_rollout(const RolloutRow& row) override {
    return database_->write("note a rollout's state", [&](Sqlite& db) -> Status {
      SQLite::Statement s(
          db, fmt::format("UPDATE rollouts SET ({}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                          "?15, ?16, ?17, ?18, ?19, ?20, ?21) WHERE id = ?1 AND epoch <= ?21",
                          rollout_columns));
      bind_rollout(s, row);
      if (s.exec() > 0) return {};
      DEPLOYCTL_CHECK(last_seq_of(db, row.id));
      return fail(newer_grant(row.id));
    });
  }

  Result<std::optional<RolloutRow>> rollout(const std::string& id_or_prefix) override {
    if (id_or_prefix.empty()) return fail(Code::invalid, "a rollout's id, or its beginning, is needed");
    return database_->read("look up a rollout", [&](Sqlite& db) -> Result<std::optional<RolloutRow>> {
      SQLite::Statement s(db, fmt::format("SELECT {} FROM rollouts WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 "
                                          "ORDER BY id = ?1 DESC, started DESC, number DESC LIMIT 5",
                                          rollout_columns));
      s.bind(1, id_or_prefix);
      DEPLOYCTL_TRY(rows, all<RolloutRow>(s, rollout_from));
      return the_one(std::move(rows), id_or_prefix);
    });
  }

  Result<std::vector<RolloutRow>> unfinished(const std::string& service, const std::string& environment) override {
    return rollouts("AND state IN ('running', 'paused', 'interrupted') ORDER BY started, number", service, environment,
                    -1);
  }

  Result<std::vector<RolloutRow>> history(const std::string& service, const std::string& environment,
                                          std::size_t most) override {
    const auto limit = static_cast<std::int64_t>(std::min<std::size_t>(most, INT64_MAX));
    return rollouts("ORDER BY started DESC, number DESC", service, environment, limit);
  }

  Result<std::vector<Service>> services() override {
    return database_->read("list services", [&](Sqlite& db) -> Result<std::vector<Service>> {
      SQLite::Statement s(db,
                          "SELECT service, environment FROM rollouts GROUP BY service, environment "
                          "ORDER BY max(started) DESC, max(number) DESC");
      return all<Service>(s, [](SQLite::Statement& row) -> Result<Service> {
        return Service{row.getColumn(0).getString(), row.getColumn(1).getString()};
      });
    });
  }

  Status append_events(const std::string& rollout, const std::vector<EventRow>& events) override {
    return database_->write("note events", [&](Sqlite& db) -> Status {
      DEPLOYCTL_TRY(last, last_seq_of(db, rollout));
      SQLite::Statement s(db, "INSERT INTO events (rollout, seq, time, json) VALUES (?1, ?2, ?3, ?4)");
      for (const auto& event : events) {
        // Two processes drive one rollout, or one of them counts wrong: nothing is overwritten, nothing put in between.
        if (event.seq <= last)
          return fail(Code::exists,
                      fmt::format("{} has its event {} already, so {} can't follow", rollout, last, event.seq));
        last = event.seq;
        s.bind(1, rollout);
        s.bind(2, static_cast<std::int64_t>(event.seq));
        s.bind(3, time_column(event.time));
        s.bind(4, event.json);
        s.exec();
        s.reset();
      }
      return {};
    });
  }

  Status for_each_event(const std::string& rollout, std::uint64_t after,
                        const std::function<bool(const EventRow&)>& visit) override {
    for (;;) {
      DEPLOYCTL_TRY(page, events_after(rollout, after));
      if (page.empty()) return {};
      for (const auto& row : page)
        if (!visit(row)) return {};
      after = page.back().seq;
    }
  }

  Result<std::uint64_t> last_seq(const std::string& rollout) override {
    return database_->read("read the last event's number", [&](Sqlite& db) { return last_seq_of(db, rollout); });
  }

  // The members' order in an event's line is fixed, and quotes within strings are escaped: no other text looks like
  // this.
  Result<bool> changed_targets(const std::string& rollout) override {
    return database_->read("look for changes", [&](Sqlite& db) -> Result<bool> {
      DEPLOYCTL_CHECK(last_seq_of(db, rollout));
      SQLite::Statement s(
          db,
          "SELECT 1 FROM events WHERE rollout = ?1 AND (instr(json, '\"event\":\"target_activating\"') > 0 OR "
          "instr(json, '\"event\":\"target_reverting\"') > 0) LIMIT 1");
      s.bind(1, rollout);
      return s.executeStep();
    });
  }

  Status add_baselines(const std::string& service, const std::string& environment,
                       const std::vector<Baseline>& baselines) override {
    return database_->write("note baselines", [&](Sqlite& db) -> Status {
      SQLite::Statement s(
          db,
          "INSERT INTO baselines (service, environment, region, target, folder, release, artifact, version) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
          "ON CONFLICT (service, environment, target) DO UPDATE SET region = excluded.region");
      for (const auto& b : baselines) {
        int at = 0;
        for (const std::string* text : {&service, &environment, &b.region, &b.target, &b.folder}) s.bind(++at, *text);
        s.bind(++at, digest_column(b.release));
        s.bind(++at, digest_column(b.artifact));
        s.bind(++at, b.version);
        s.exec();
        s.reset();
      }
      return {};
    });
  }

  Result<std::vector<Baseline>> baselines(const std::string& service, const std::string& environment) override {
    return database_->read("read baselines", [&](Sqlite& db) -> Result<std::vector<Baseline>> {
      SQLite::Statement s(
          db, fmt::format("SELECT {} FROM baselines WHERE service = ?1 AND environment = ?2 ORDER BY number",
                          baseline_columns));
      s.bind(1, service);
      s.bind(2, environment);
      return all<Baseline>(s, baseline_from);
    });
  }

  Status clear_baselines(const std::string& service, const std::string& environment) override {
    return database_->write("clear baselines", [&](Sqlite& db) -> Status {
      SQLite::Statement s(db, "DELETE FROM baselines WHERE service = ?1 AND environment = ?2");
      s.bind(1, service);
      s.bind(2, environment);
      s.exec();
      return {};
    });
  }

  Result<std::uint64_t> add_command(const std::string& rollout, const CommandRow& word) override {
    return database_->write("note a word to a rollout", [&](Sqlite& db) -> Result<std::uint64_t> {
      DEPLOYCTL_CHECK(last_seq_of(db, rollout));
      SQLite::Statement s(
          db, "INSERT INTO words (rollout, word, wave, user, reason, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
      int at = 0;
      for (const std::string* text : {&rollout, &word.word, &word.wave, &word.user, &word.reason}) s.bind(++at, *text);
      s.bind(++at, time_column(word.time));
      s.exec();
      return static_cast<std::uint64_t>(db.getLastInsertRowid());
    });
  }

  Result<std::vector<CommandRow>> words(const std::string& rollout, std::uint64_t after) override {
    return database_->read("read the words to a rollout", [&](Sqlite& db) -> Result<std::vector<CommandRow>> {
      SQLite::Statement s(db,
                          "SELECT number, word, wave, user, reason, time FROM words WHERE rollout = ?1 AND number > ?2 "
                          "ORDER BY number");
      s.bind(1, rollout);
      s.bind(2, static_cast<std::int64_t>(after));
      return all<CommandRow>(s, [](SQLite::Statement& row) -> Result<CommandRow> {
        return CommandRow{static_cast<std::uint64_t>(row.getColumn(0).getInt64()),
                          row.getColumn(1).getString(),
                          row.getColumn(2).getString(),
                          row.getColumn(3).getString(),
                          row.getColumn(4).getString(),
                          time_from(row.getColumn(5))};
      });
    });
  }

  Status add_freeze(const std::string& service, const std::string& environment, const FreezeRow& freeze) override {
    return database_->write("note a freeze", [&](Sqlite& db) -> Status {
      SQLite::Statement s(
          db, "INSERT INTO freezes (service, environment, until, user, reason, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
      s.bind(1, service);
      s.bind(2, environment);
      s.bind(3, time_column(freeze.until));
      s.bind(4, freeze.user);
      s.bind(5, freeze.reason);
      s.bind(6, time_column(freeze.time));
      s.exec();
      return {};
    });
  }

  Result<std::optional<FreezeRow>> freeze(const std::string& service, const std::string& environment) override {
    return database_->read("look up a freeze", [&](Sqlite& db) -> Result<std::optional<FreezeRow>> {
      SQLite::Statement s(db,
                          "SELECT until, user, reason, time FROM freezes WHERE service = ?1 AND environment = ?2 "
                          "ORDER BY number DESC LIMIT 1");
      s.bind(1, service);
      s.bind(2, environment);
      if (!s.executeStep()) return std::optional<FreezeRow>{};
      return std::optional(FreezeRow{time_from(s.getColumn(0)), s.getColumn(1).getString(), s.getColumn(2).getString(),
                                     time_from(s.getColumn(3))});
    });
  }

  Status add_release(const std::string& service, const std::string& environment, const std::string& release_json,
                     const Digest& release, const std::string& version, WallTime made) override {
    return database_->write("note a release", [&](Sqlite& db) -> Status {
      SQLite::Statement s(db,
                          "INSERT INTO releases (service, environment, release, version, release_json, made) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (service, environment, release, version) "
                          "DO UPDATE SET release_json = excluded.release_json, made = excluded.made");
      s.bind(1, service);
      s.bind(2, environment);
      s.bind(3, digest_column(release));
      s.bind(4, version);
      s.bind(5, release_json);
      s.bind(6, time_column(made));
      s.exec();
      return {};
    });
  }

  Result<std::optional<std::string>> release_json(const Digest& release) override {
    return database_->read("look up a release", [&](Sqlite& db) -> Result<std::optional<std::string>> {
      SQLite::Statement s(db, "SELECT release_json FROM releases WHERE release = ?1 ORDER BY made DESC LIMIT 1");
      s.bind(1, digest_column(release));
      if (!s.executeStep()) return std::optional<std::string>{};
      return std::optional(s.getColumn(0).getString());
    });
  }

  Result<std::vector<ReleaseName>> release_names(const std::string& service, const std::string& environment) override {
    return database_->read("list releases", [&](Sqlite& db) -> Result<std::vector<ReleaseName>> {
      SQLite::Statement s(db,
                          "SELECT release, version FROM releases WHERE service = ?1 AND environment = ?2 ORDER BY made "
                          "DESC, rowid DESC");
      s.bind(1, service);
      s.bind(2, environment);
      return all<ReleaseName>(s, [](SQLite::Statement& row) -> Result<ReleaseName> {
        DEPLOYCTL_TRY(release, Digest::parse(row.getColumn(0).getString()));
        return ReleaseName{release, row.getColumn(1).getString()};
      });
    });
  }

 private:
  Result<std::vector<RolloutRow>> rollouts(const char* rest, const std::string& service, const std::string& environment,
                                           std::int64_t most) {
    return database_->read("list rollouts", [&](Sqlite& db) -> Result<std::vector<RolloutRow>> {
      SQLite::Statement s(db, fmt::format("SELECT {} FROM rollouts WHERE service = ?1 AND environment = ?2 {} LIMIT ?3",
                                          rollout_columns, rest));
      s.bind(1, service);
      s.bind(2, environment);
      s.bind(3, most);
      return all<RolloutRow>(s, rollout_from);
    });
  }

  // Some of the next events; none: there are no more. A statement that stayed open while a caller reads would keep the
  // write-ahead log growing.
  Result<std::vector<EventRow>> events_after(const std::string& rollout, std::uint64_t after) {
    constexpr std::size_t page_bytes = 1 << 20, page_rows = 1000;
    return database_->read("read events", [&](Sqlite& db) -> Result<std::vector<EventRow>> {
      SQLite::Statement s(db, "SELECT seq, time, json FROM events WHERE rollout = ?1 AND seq > ?2 ORDER BY seq");
      s.bind(1, rollout);
      s.bind(2, static_cast<std::int64_t>(std::min<std::uint64_t>(after, INT64_MAX)));
      std::vector<EventRow> page;
      for (std::size_t bytes = 0; bytes < page_bytes && page.size() < page_rows && s.executeStep();) {
        page.push_back({static_cast<std::uint64_t>(s.getColumn(0).getInt64()), time_from(s.getColumn(1)),
                        s.getColumn(2).getString()});
        bytes += page.back().json.size();
      }
      return page;
    });
  }

  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const std::string& path) {
  DEPLOYCTL_TRY(database, Database::open(path));
  return std::unique_ptr<Ledger>(new SqliteLedger(std::move(database)));
}

}  // namespace deployctl::ledger
