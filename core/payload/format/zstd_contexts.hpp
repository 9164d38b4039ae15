// Contexts of zstd to compress with, used again and again: the tables of a high level cost more to make than a small
// stream costs to compress. Private to the room. Any thread; it outlives what it lends.
#pragma once

#include <zstd.h>

#include <memory>
#include <mutex>
#include <vector>

namespace deployctl::payload {

class ZstdContexts {
 public:
  struct GiveBack {
    ZstdContexts* to;
    void operator()(ZSTD_CCtx* context) const noexcept { to->give_back(context); }
  };
  using Lent = std::unique_ptr<ZSTD_CCtx, GiveBack>;

  Lent take();   // with the parameters of an earlier use; throws std::bad_alloc
  void clear();  // frees those that nobody has

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };
  void give_back(ZSTD_CCtx* context) noexcept;

  std::mutex mutex_;
  std::size_t all_ = 0;  // lent ones too: there is room for them to come back
  std::vector<std::unique_ptr<ZSTD_CCtx, Free>> idle_;
};

}  // namespace deployctl::payload
