// What every ledger promises, whatever keeps it: contract_test.cpp holds the promises, and an implementation joins by
// instantiating LedgerContract with a factory of places, each place empty at first and opened as often as a test likes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "core/ledger/ledger.hpp"
#include "tests/support/ledger_events.hpp"

namespace deployctl::ledger {

class LedgerPlace {
 public:
  virtual ~LedgerPlace() = default;
  virtual Result<std::unique_ptr<Ledger>> open() = 0;  // as another process would
};

struct LedgerKind {
  std::string name;
  std::function<std::unique_ptr<LedgerPlace>()> make;
};
inline void PrintTo(const LedgerKind& kind, std::ostream* out) { *out << kind.name; }

class LedgerContract : public ::testing::TestWithParam<LedgerKind> {
 protected:
  std::unique_ptr<Ledger> open_again() {
    auto opened = place->open();
    if (!opened) throw std::runtime_error(opened.error().text());
    return std::move(*opened);
  }
  std::unique_ptr<LedgerPlace> place = GetParam().make();
  std::unique_ptr<Ledger> ledger = open_again();
};

inline WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(1'800'000'000 + seconds)); }

inline RolloutRow a_rollout(const std::string& id, std::int64_t started = 0) {
  RolloutRow row;
  row.id = id;
  row.service = "redis";
  row.environment = "production";
  row.kind = "deploy";
  row.version = "7.2.4";
  row.started = at(started);
  return row;
}

}  // namespace deployctl::ledger
