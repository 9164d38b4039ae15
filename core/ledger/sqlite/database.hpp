// One SQLite file: made where it lacks, brought up to this version's schema, checked to be ours. Owned by the ledger;
// one thread at a time; several processes may have it open. SQLite's exceptions end here: damaged or not ours is
// Code::verification, a newer schema unsupported, a full disk no_space, a writer that keeps it for too long locked.
// Private to the room.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <type_traits>

#include "core/base/result.hpp"

namespace deployctl::ledger {

class Database {
 public:
  // Folders that lack are made with mode 0700, the file with 0600.
  static Result<std::unique_ptr<Database>> open(const std::string& path);

  // `work(SQLite::Database&)` in one transaction, which is taken back unless work succeeds. Other writers wait.
  template <class Work>
  std::invoke_result_t<Work, SQLite::Database&> write(const char* what, Work work) {
    try {
      SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
      auto result = work(db_);
      if (result) transaction.commit();
      return result;
    } catch (const SQLite::Exception& e) {
      return fail(with_context(to_error(e), what));
    }
  }
  // One statement that only reads: it sees one moment of the file, and waits for nobody.
  template <class Work>
  std::invoke_result_t<Work, SQLite::Database&> read(const char* what, Work work) {
    try {
      return work(db_);
    } catch (const SQLite::Exception& e) {
      return fail(with_context(to_error(e), what));
    }
  }

 private:
  explicit Database(const std::string& path);
  Status prepare();
  Status migrate();
  Error to_error(const SQLite::Exception& e);

  std::string path_;
  SQLite::Database db_;
};

}  // namespace deployctl::ledger
