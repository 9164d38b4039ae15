// Contexts that are lent, given back and lent again.
#include "core/payload/format/zstd_contexts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deployctl::payload {
namespace {

TEST(ZstdContexts, AllThatWereLentAtOnceAreLentAgain) {
  ZstdContexts contexts;
  std::vector<ZSTD_CCtx*> first, again;
  {
    const auto a = contexts.take(), b = contexts.take(), c = contexts.take();
    first = {a.get(), b.get(), c.get()};
  }
  const auto a = contexts.take(), b = contexts.take(), c = contexts.take();
  again = {a.get(), b.get(), c.get()};
  EXPECT_THAT(again, ::testing::UnorderedElementsAreArray(first));
}

TEST(ZstdContexts, OnesThatAreOutComeBackAfterTheOthersWereFreed) {
  ZstdContexts contexts;
  const auto out = contexts.take();
  contexts.take();
  contexts.clear();
  EXPECT_NE(contexts.take().get(), out.get());
}

}  // namespace
}  // namespace deployctl::payload
