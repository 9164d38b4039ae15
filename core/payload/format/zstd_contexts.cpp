#include "core/payload/format/zstd_contexts.hpp"

#include <new>
#include <utility>

namespace deployctl::payload {

ZstdContexts::Lent ZstdContexts::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Lent lent(idle_.back().release(), {this});
      idle_.pop_back();
      return lent;
    }
    idle_.reserve(++all_);
  }
  Lent lent(ZSTD_createCCtx(), {this});
  if (!lent) throw std::bad_alloc();
  return lent;
}

void ZstdContexts::give_back(ZSTD_CCtx* context) noexcept {
  const std::lock_guard lock(mutex_);
  idle_.emplace_back(context);
}

void ZstdContexts::clear() {
  const std::lock_guard lock(mutex_);
  all_ -= idle_.size();
  idle_.clear();
}

}  // namespace deployctl::payload
