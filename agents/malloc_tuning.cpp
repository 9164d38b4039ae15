#include "agents/malloc_tuning.hpp"

#include <malloc.h>

namespace deployctl::agents {

void keep_pages() {
  ::mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
  ::mallopt(M_ARENA_MAX, 1);
}

}  // namespace deployctl::agents
