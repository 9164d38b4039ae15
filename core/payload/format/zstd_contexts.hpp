// A pool of zstd compression contexts. Allocating the tables of a high level costs more than compressing a small
// stream, so contexts are reused. Private to the module. Any thread; the pool must outlive the contexts that it lends.
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

  Lent take();   // may still have the parameters of an earlier use; throws std::bad_alloc
  void clear();  // frees the idle contexts

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };
  void give_back(ZSTD_CCtx* context) noexcept;

  std::mutex mutex_;
  std::size_t all_ = 0;  // including lent ones; idle_ has capacity for all, so give_back() does not allocate
  std::vector<std::unique_ptr<ZSTD_CCtx, Free>> idle_;
};

}  // namespace deployctl::payload
