#include "core/base/error.hpp"

#include <gtest/gtest.h>

using namespace deployctl;

TEST(Error, ContextsComeOutermostFirst) {
  EXPECT_EQ(with_context(with_context(error(Code::internal, "read: why"), "stage"), "10.0.0.1").text(),
            "10.0.0.1: stage: read: why");
}

TEST(Error, AHostThatSeveralLayersNameIsNamedOnce) {
  EXPECT_EQ(with_context(error(Code::unreachable, "10.0.0.1: connect: refused"), "10.0.0.1").text(),
            "10.0.0.1: connect: refused");
  EXPECT_EQ(with_context(with_context(error(Code::unreachable, "connect: refused"), "10.0.0.1"), "10.0.0.1").text(),
            "10.0.0.1: connect: refused");
  EXPECT_EQ(with_context(error(Code::unreachable, "10.0.0.11: no route"), "10.0.0.1").text(),
            "10.0.0.1: 10.0.0.11: no route");
}
