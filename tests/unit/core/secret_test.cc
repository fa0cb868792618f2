#include "core/secret.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace yatagarasu::core {
namespace {

TEST(SecretTest, RevealsWhatItWasGiven) {
  const Secret secret("key");

  EXPECT_EQ(secret.reveal(), "key");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(SecretTest, CopiesAreEqualAndIndependent) {
  Secret original("a secret longer than the small string buffer");
  const Secret copy = original;

  original = Secret("other");

  EXPECT_EQ(copy.reveal(), "a secret longer than the small string buffer");
  EXPECT_EQ(original.reveal(), "other");
}

TEST(SecretTest, AMovedFromSecretIsEmpty) {
  Secret original("short");
  const Secret taken = std::move(original);

  EXPECT_EQ(taken.reveal(), "short");
  EXPECT_TRUE(original.empty());  // NOLINT(bugprone-use-after-move): the class promises it.
}

TEST(SecretTest, AssigningToItselfKeepsIt) {
  Secret secret("key");
  Secret& same = secret;

  secret = same;

  EXPECT_EQ(secret.reveal(), "key");
}

TEST(SecretTest, IsHiddenInATextWhereverItIs) {
  const Secret secret("key");

  EXPECT_EQ(hide("key=key, keykey", secret), "***=***, ******");
  EXPECT_EQ(hide("nothing", secret), "nothing");
  EXPECT_EQ(hide("*", Secret("*")), "***");
  EXPECT_EQ(hide("text", Secret()), "text");
}

TEST(SecretTest, SeveralAreHiddenInAText) {
  const std::vector<Secret> secrets = {Secret("one"), Secret(), Secret("two")};

  EXPECT_EQ(hide("one and two", secrets), "*** and ***");
}

}  // namespace
}  // namespace yatagarasu::core
