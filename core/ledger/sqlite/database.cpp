#include "core/ledger/sqlite/database.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

namespace deployctl::ledger {
namespace {

namespace fs = std::filesystem;

constexpr int busy_ms = 10'000;
constexpr int application_id = 0x64706c79;  // "dply": the file is ours, not some other program's database

// steps[n] takes a ledger from schema n to n+1, each within the transaction that sets user_version.
constexpr std::array steps{
#include "core/ledger/sqlite/schema.sql.inc"
    ,
#include "core/ledger/sqlite/schema_2.sql.inc"
    ,
#include "core/ledger/sqlite/schema_3.sql.inc"
};
constexpr int newest = static_cast<int>(steps.size());

constexpr const char* lost_hint =
    "move it aside: the targets know what they run, and the next deploy or status asks them; only history is lost";

// Inodes run out like bytes do, and gigabytes look free then.
std::string room_hint(const std::string& path) {
  return "df -h " + path + " and df -i " + path +
         " show whether space or inodes have run out; make room there and run the command again";
}

Status make_private_dirs(const fs::path& dir) {
  if (dir.empty() || ::access(dir.c_str(), F_OK) == 0) return {};
  if (dir.has_parent_path() && dir.parent_path() != dir) {
    DEPLOYCTL_CHECK(make_private_dirs(dir.parent_path()));
  }
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) return fail(os_error(errno, "make " + dir.string()));
  return {};
}

// SQLite would make it readable for all that the umask lets; its companions (-wal, -shm) take the mode from it.
Status make_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(os_error(errno, "open the ledger " + path));
  ::close(fd);
  return {};
}

// The change to WAL needs the file for itself and, unlike all else, doesn't wait for it.
void use_wal(SQLite::Database& db) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_ms);
  for (;;) {
    try {
      db.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (const SQLite::Exception& e) {
      if (e.getErrorCode() != SQLITE_BUSY || std::chrono::steady_clock::now() > until) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

int pragma(SQLite::Database& db, const char* name) { return db.execAndGet(std::string("PRAGMA ") + name).getInt(); }

}  // namespace

Database::Database(const std::string& path) : path_(path), db_(path, SQLite::OPEN_READWRITE, busy_ms) {}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  const auto file = fs::absolute(path);
  DEPLOYCTL_CHECK(make_private_dirs(file.parent_path()));
  DEPLOYCTL_CHECK(make_private_file(file.string()));
  std::unique_ptr<Database> database;
  try {
    database.reset(new Database(file.string()));
  } catch (const SQLite::Exception& e) {
    return fail(Code::internal, fmt::format("open the ledger {}: {}", file.string(), e.what()));
  }
  DEPLOYCTL_CHECK(database->prepare());
  return database;
}

Status Database::prepare() {
  try {
    // Before anything is written: a foreign database is not to be changed into WAL.
    const int version = pragma(db_, "user_version");
    const bool bare = db_.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!bare && pragma(db_, "application_id") != application_id)
      return fail(with_hint(error(Code::verification, path_ + " is an SQLite database, but no ledger of deployctl"),
                            "name another folder with --state or DEPLOYCTL_STATE"));
    if (version > newest)
      return fail(
          with_hint(error(Code::unsupported, fmt::format("the ledger {} was written by a newer deployctl: its schema "
                                                         "is {}, this one knows {}",
                                                         path_, version, newest)),
                    "use that deployctl, or another folder with --state"));
    use_wal(db_);
    db_.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    if (version == newest) return {};
  } catch (const SQLite::Exception& e) {
    return fail(to_error(e));
  }
  return migrate();
}

Status Database::migrate() {
  return write("bring the ledger up to date", [](SQLite::Database& db) -> Status {
    // Asked again under the lock: another process may have done it meanwhile.
    for (int version = pragma(db, "user_version"); version < newest; ++version) {
      db.exec(steps.at(static_cast<std::size_t>(version)));
      db.exec(fmt::format("PRAGMA user_version = {}", version + 1));
    }
    db.exec(fmt::format("PRAGMA application_id = {}", application_id));
    return {};
  });
}

Error Database::to_error(const SQLite::Exception& e) {
  const std::string where = "the ledger " + path_;
  const int errnum = ::sqlite3_system_errno(db_.getHandle());
  switch (e.getErrorCode()) {
    case SQLITE_NOTADB:
      return with_hint(error(Code::verification, where + " is not a database"), lost_hint);
    case SQLITE_CORRUPT:
      return with_hint(error(Code::verification, where + " is damaged: " + e.what()), lost_hint);
    case SQLITE_FULL:
      return with_hint(error(Code::no_space, where + ": no space left on device"), room_hint(path_));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return with_hint(
          error(Code::locked, fmt::format("{}: another process has kept it for {} s", where, busy_ms / 1000)),
          "see who has it open: fuser " + path_);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return with_hint(error(Code::denied, where + " can't be written: " + e.what()),
                       "see whose it is: ls -l " + path_);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (errnum == ENOSPC || errnum == EDQUOT) return with_hint(os_error(errnum, where), room_hint(path_));
      if (errnum != 0) return os_error(errnum, where);
      [[fallthrough]];
    default:
      return error(Code::internal, fmt::format("{}: {} (sqlite {})", where, e.what(), e.getExtendedErrorCode()));
  }
}

}  // namespace deployctl::ledger
