// A ledger in one SQLite file, created where it is missing and brought up to this version's schema. Blocking; one
// thread at a time; several processes may have the same file open.
#pragma once

#include <memory>
#include <string>

#include "core/ledger/ledger.hpp"

namespace deployctl::ledger {

Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const std::string& path);

}  // namespace deployctl::ledger
