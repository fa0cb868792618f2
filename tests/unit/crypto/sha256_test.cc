#include "crypto/sha256.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

// FIPS 180-2, appendix B.
TEST(Sha256Test, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, HashesNothing) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, PiecesHashLikeTheWholeWhereverTheyAreCut) {
  const std::string text(200, 'x');

  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut));
    hash.update(std::string_view(text).substr(cut));
    EXPECT_EQ(hash.finish(), sha256(text)) << cut;
  }
}

TEST(Sha256Test, ACopyCarriesOnByItself) {
  Sha256 prefix;
  prefix.update("common ");
  Sha256 left = prefix;
  Sha256 right = prefix;
  left.update("left");
  right.update("right");

  EXPECT_EQ(left.finish(), sha256("common left"));
  EXPECT_EQ(right.finish(), sha256("common right"));
  EXPECT_EQ(prefix.finish(), sha256("common "));
}

TEST(Sha256Test, HexIsAppended) {
  std::string out = "sha256:";

  append_hex(out, sha256("abc"));

  EXPECT_EQ(out, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace yatagarasu::crypto
