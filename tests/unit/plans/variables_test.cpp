// Variables: what looks like one is found, also where its closing brace is missing.
#include "plans/keys/variables.hpp"

#include <gtest/gtest.h>

using deployctl::plans::left_variable;

TEST(Variables, AreFoundWithAndWithoutBraces) {
  EXPECT_EQ(left_variable("a/${HOME}/b", false), "${HOME}");
  EXPECT_EQ(left_variable("a/$(id)/b", false), "$(id)");
  EXPECT_EQ(left_variable("a/$HOME/b", false), "$HOME");
  EXPECT_EQ(left_variable("{{ user }} x", false), "{{ user }}");
  EXPECT_EQ(left_variable("costs 5$", false), "");
}

TEST(Variables, OneThatIsNotClosedIsFoundToo) {
  EXPECT_EQ(left_variable("/srv/${HOME", false), "${HOME");
  EXPECT_EQ(left_variable("/srv/$(x", true), "$(x");
  EXPECT_EQ(left_variable("{{ user", false), "{{ user");
}
