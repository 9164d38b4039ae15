// Rows of the tables and their columns, one place for each table: what is bound here is read back here. A column that
// holds what this version can't have written is Code::verification. Private to the room.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "core/ledger/ledger.hpp"

namespace deployctl::ledger {

inline constexpr const char* rollout_columns =
    "id, service, environment, kind, state, version, release_json, release, commit_id, previous, user, host, pid, "
    "pid_start, "
    "boot_id, started, ended, summary_json, reason, order_json, epoch";
// Binds ?1 to ?21 in the order of rollout_columns.
void bind_rollout(SQLite::Statement& statement, const RolloutRow& row);
Result<RolloutRow> rollout_from(SQLite::Statement& statement);

inline constexpr const char* baseline_columns = "region, target, folder, release, artifact, version";
Result<Baseline> baseline_from(SQLite::Statement& statement);

std::string digest_column(const Digest& digest);  // "" for the empty one
std::int64_t time_column(WallTime time);
WallTime time_from(const SQLite::Column& column);

}  // namespace deployctl::ledger
