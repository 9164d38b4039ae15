// What is SQLite's own: the file, other programs' files, newer files, death and full disks.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "core/ledger/sqlite/sqlite_ledger.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/ledger/ledger_contract.hpp"

namespace deployctl::ledger {
namespace {

using deployctl::testing::TempDir;

class SqlitePlace : public LedgerPlace {
 public:
  Result<std::unique_ptr<Ledger>> open() override { return open_sqlite_ledger(dir_ / "state/ledger.db"); }

 private:
  TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerContract,
                         ::testing::Values(LedgerKind{"sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
                         [](const auto& info) { return info.param.name; });

void sql(const std::string& path, const char* text) {
  sqlite3* db = nullptr;
  ASSERT_EQ(::sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(::sqlite3_exec(db, text, nullptr, nullptr, &message), SQLITE_OK) << message;
  ::sqlite3_close(db);
}

unsigned mode_of(const std::string& path) {
  struct stat st {};
  EXPECT_EQ(::stat(path.c_str(), &st), 0) << path;
  return st.st_mode & 07777;
}

EventRow event(std::uint64_t seq) { return {seq, at(0), std::string(700, 'x')}; }

TEST(SqliteLedger, MakesItsFolderAndFilesForTheUserAlone) {
  const TempDir dir;
  const auto ledger = open_sqlite_ledger(dir / "a/state/ledger.db");
  ASSERT_TRUE(ledger) << ledger.error().text();
  ASSERT_TRUE((*ledger)->add_rollout(a_rollout("r-1")));
  EXPECT_EQ(mode_of(dir / "a/state"), 0700u);
  EXPECT_EQ(mode_of(dir / "a/state/ledger.db"), 0600u);
  EXPECT_EQ(mode_of(dir / "a/state/ledger.db-wal"), 0600u);
}

TEST(SqliteLedger, OneOfTheFirstSchemaIsBroughtUpToDateWithAllThatIsInIt) {
  const TempDir dir;
  const std::string path = dir / "ledger.db";
  std::ifstream file(TEST_SOURCE_DIR "/core/ledger/sqlite/schema.sql");
  const std::string schema{std::istreambuf_iterator<char>(file), {}};
  sql(path, schema.c_str());
  sql(path,
      "PRAGMA user_version = 1; PRAGMA application_id = 1685089401;"
      "INSERT INTO rollouts (id, service, environment, kind, state, version, release_json, release, commit_id, "
      "previous, user, host, pid, "
      "pid_start, boot_id, started, ended, summary_json, reason) VALUES ('r-1', 'redis', 'production', 'deploy', "
      "'running', '7', '{}', '', "
      "'', '', 'ann', 'ctl', 1, 2, 'b', 3, 0, '', '')");
  const auto ledger = open_sqlite_ledger(path);
  ASSERT_TRUE(ledger) << ledger.error().text();
  const auto row = (*ledger)->rollout("r-1").value();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->version, "7");
  EXPECT_EQ(row->order_json, "");
  EXPECT_TRUE((*ledger)->add_command("r-1", {0, "pause", "", "ann", "", at(0)}));
}

TEST(SqliteLedger, AFileThatIsNoDatabaseIsLeftAloneAndNamed) {
  for (const std::string& text : {std::string("service: redis\n"), std::string(8192, 'z')}) {
    const TempDir dir;
    const auto path = dir.write("ledger.db", text);
    const auto ledger = open_sqlite_ledger(path);
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().code, Code::verification) << ledger.error().text();
    EXPECT_NE(ledger.error().text().find(path), std::string::npos);
    EXPECT_FALSE(ledger.error().hint.empty());
    EXPECT_EQ(deployctl::testing::read_text(path), text);
  }
}

TEST(SqliteLedger, ADatabaseOfAnotherProgramIsRefused) {
  const TempDir dir;
  sql(dir / "ledger.db", "CREATE TABLE notes (text)");
  const auto before = deployctl::testing::read_text(dir / "ledger.db");
  const auto ledger = open_sqlite_ledger(dir / "ledger.db");
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, Code::verification);
  EXPECT_EQ(deployctl::testing::read_text(dir / "ledger.db"), before);
}

TEST(SqliteLedger, ANewerSchemaIsRefused) {
  const TempDir dir;
  ASSERT_TRUE(open_sqlite_ledger(dir / "ledger.db"));
  sql(dir / "ledger.db", "PRAGMA user_version = 4711");
  const auto ledger = open_sqlite_ledger(dir / "ledger.db");
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, Code::unsupported);
  EXPECT_NE(ledger.error().text().find("4711"), std::string::npos);
}

TEST(SqliteLedger, ADamagedPageIsVerificationWithWordsOnWhatToDo) {
  const TempDir dir;
  const auto path = dir / "ledger.db";
  {
    auto ledger = open_sqlite_ledger(path);
    ASSERT_TRUE((*ledger)->add_rollout(a_rollout("r-1")));
    for (unsigned seq = 1; seq <= 100; ++seq) ASSERT_TRUE((*ledger)->append_events("r-1", {event(seq)}));
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(0, std::ios::end);
  const auto size = static_cast<long>(file.tellp());
  for (long at = 4096; at + 4096 <= size; at += 4096) {
    file.seekp(at);
    file.write(std::string(4096, '\x7f').data(), 4096);
  }
  file.close();
  auto ledger = open_sqlite_ledger(path);
  const auto error = ledger ? deployctl::testing::events_of(**ledger, "r-1").error() : ledger.error();
  EXPECT_EQ(error.code, Code::verification) << error.text();
  EXPECT_FALSE(error.hint.empty());
}

TEST(SqliteLedger, AFolderThatCannotBeMadeIsNamed) {
  const TempDir dir;
  dir.write("file", "");
  const auto ledger = open_sqlite_ledger(dir / "file/state/ledger.db");
  ASSERT_FALSE(ledger);
  EXPECT_NE(ledger.error().text().find(dir / "file/state"), std::string::npos);
}

Status add_and_append(const std::string& path, const std::string& id) {
  DEPLOYCTL_TRY(ledger, open_sqlite_ledger(path));
  DEPLOYCTL_CHECK(ledger->add_rollout(a_rollout(id)));
  for (unsigned seq = 1; seq <= 20; ++seq) {
    DEPLOYCTL_CHECK(ledger->append_events(id, {event(seq)}));
  }
  return {};
}

TEST(SqliteLedger, ManyProcessesMakeItAndWriteAtOnce) {
  const TempDir dir;
  const auto path = dir / "state/ledger.db";
  std::vector<pid_t> children;
  for (unsigned i = 0; i < 6; ++i) {
    children.push_back(::fork());
    ASSERT_GE(children.back(), 0);
    if (children.back() == 0) ::_exit(add_and_append(path, "r-" + std::to_string(i)) ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  auto ledger = open_sqlite_ledger(path);
  ASSERT_TRUE(ledger);
  EXPECT_EQ((*ledger)->history("redis", "production", 99)->size(), children.size());
  EXPECT_EQ(deployctl::testing::events_of(**ledger, "r-3")->size(), 20u);
}

// In the child: batches of three events until it is killed; each batch that the ledger took is told to the parent.
[[noreturn]] void append_until_killed(const std::string& path, int told) {
  auto ledger = open_sqlite_ledger(path);
  if (!ledger || !(*ledger)->add_rollout(a_rollout("r-1"))) ::_exit(1);
  for (std::uint64_t seq = 1;; seq += 3) {
    if (!(*ledger)->append_events("r-1", {event(seq), event(seq + 1), event(seq + 2)})) ::_exit(1);
    const std::uint64_t last = seq + 2;
    if (::write(told, &last, sizeof last) != sizeof last) ::_exit(1);
  }
}

TEST(SqliteLedger, AfterAKillTheEventsAreAPrefixThatHoldsAllThatWasAcknowledged) {
  for (unsigned round = 0; round < 4; ++round) {
    const TempDir dir;
    const auto path = dir / "ledger.db";
    int told[2];
    ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_until_killed(path, told[1]);
    ::close(told[1]);
    std::uint64_t last = 0;
    for (std::uint64_t batch = 0; batch < 5 + 7 * round; ++batch) ASSERT_EQ(::read(told[0], &last, sizeof last), 8);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (::read(told[0], &last, sizeof last) == sizeof last) {
    }
    ::close(told[0]);

    auto ledger = open_sqlite_ledger(path);
    ASSERT_TRUE(ledger) << ledger.error().text();
    const auto events = deployctl::testing::events_of(**ledger, "r-1");
    ASSERT_TRUE(events) << events.error().text();
    ASSERT_GE(events->size(), last);
    EXPECT_EQ(events->size() % 3, 0u) << "a torn batch";
    for (std::size_t i = 0; i < events->size(); ++i) EXPECT_EQ(events->at(i).seq, i + 1);
    EXPECT_TRUE((*ledger)->append_events("r-1", {event(events->size() + 1)}));
  }
}

bool write_proc(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return done;
}

// A file system of 640 KiB of the child's own; needs no root.
bool mount_small(const std::string& dir) {
  const auto uid = ::getuid(), gid = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_proc("/proc/self/setgroups", "deny");
  return write_proc("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
         write_proc("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1") &&
         ::mount("tmpfs", dir.c_str(), "tmpfs", 0, "size=640k") == 0;
}

enum : int { as_promised = 0, no_namespace = 77, not_opened, not_full, wrong_code, torn };

int fill(const std::string& dir) {
  if (!mount_small(dir)) return no_namespace;
  auto ledger = open_sqlite_ledger(dir + "/ledger.db");
  if (!ledger || !(*ledger)->add_rollout(a_rollout("r-1"))) return not_opened;
  std::uint64_t kept = 0;
  Status appended;
  while (kept < 3000 && (appended = (*ledger)->append_events("r-1", {event(kept + 1), event(kept + 2)}))) kept += 2;
  if (appended) return not_full;
  if (appended.error().code != Code::no_space) return wrong_code;
  const auto events = deployctl::testing::events_of(**ledger, "r-1");
  return events && events->size() == kept ? as_promised : torn;
}

TEST(SqliteLedger, AFullDiskIsNoSpaceAndKeepsWhatWasWritten) {
  const TempDir dir;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill(dir.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_namespace) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), as_promised);
}

}  // namespace
}  // namespace deployctl::ledger
