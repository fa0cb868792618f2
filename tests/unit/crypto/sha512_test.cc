#include "crypto/sha512.h"

#include "core/ascii.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

// FIPS 180-2, appendices C and D.
TEST(Sha512Test, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(core::to_hex(as_bytes(sha384("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(core::to_hex(as_bytes(sha512("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Sha512Test, PiecesHashLikeTheWholeWhereverTheyAreCut) {
  const std::string text(300, 'x');

  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha384 short_hash;
    Sha512 long_hash;
    for (const std::string_view piece :
         {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}) {
      short_hash.update(piece);
      long_hash.update(piece);
    }
    EXPECT_EQ(short_hash.finish(), sha384(text)) << cut;
    EXPECT_EQ(long_hash.finish(), sha512(text)) << cut;
  }
}

}  // namespace
}  // namespace yatagarasu::crypto
