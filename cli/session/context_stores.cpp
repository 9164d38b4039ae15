// A file of its own: what needs neither links without SQLite and the store.
#include "cli/session/context.hpp"
#include "core/artifact/artifact_store.hpp"
#include "core/ledger/sqlite/sqlite_ledger.hpp"

namespace deployctl::cli {

struct Context::Stores {
  std::unique_ptr<ledger::Ledger> ledger;
  std::optional<artifact::ArtifactStore> artifacts;
};

Result<ledger::Ledger*> Context::ledger() {
  if (!stores_) stores_ = std::make_shared<Stores>();
  if (!stores_->ledger) {
    DEPLOYCTL_TRY(dir, state());
    DEPLOYCTL_TRY(opened, ledger::open_sqlite_ledger(dir.ledger()));
    stores_->ledger = std::move(opened);
  }
  return stores_->ledger.get();
}

Result<artifact::ArtifactStore*> Context::artifacts() {
  if (!stores_) stores_ = std::make_shared<Stores>();
  if (!stores_->artifacts) {
    DEPLOYCTL_TRY(dir, state());
    DEPLOYCTL_TRY(opened, artifact::ArtifactStore::open(dir.store()));
    stores_->artifacts = std::move(opened);
  }
  return &*stores_->artifacts;
}

}  // namespace deployctl::cli
