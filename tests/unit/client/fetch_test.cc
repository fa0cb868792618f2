#include "client/fetch.h"

#include "core/result.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::client {
namespace {

// Hands out its pieces, the first by ready(), and ends; or fails where it would end.
class Pieces final : public io::ByteSource {
 public:
  enum class End : bool { kWhole, kCut };
  Pieces(std::vector<std::string> pieces, End end)
      : pieces_(pieces.begin(), pieces.end()), end_(end) {}

  std::string_view ready() override { return take(); }
  io::Task<core::Result<std::string_view>> next() override {
    if (pieces_.empty() && end_ == End::kCut) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable, "cut");
    }
    co_return take();
  }
  std::size_t left() const { return pieces_.size(); }

 private:
  std::string_view take() {
    if (pieces_.empty()) return {};
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    return current_;
  }

  std::deque<std::string> pieces_;
  End end_;
  std::string current_;
};

class ReadUpToTest : public ::testing::Test {
 protected:
  std::string read(Pieces& body, std::size_t limit) {
    return support::run(loop_, read_up_to(body, limit));
  }

  io::Loop loop_{0};
};

TEST_F(ReadUpToTest, ReadsAWholeBody) {
  Pieces body({"abc", "def", "g"}, Pieces::End::kWhole);

  EXPECT_EQ(read(body, 100), "abcdefg");
}

TEST_F(ReadUpToTest, StopsAtTheLimit) {
  Pieces body({"abc", "def", "ghi"}, Pieces::End::kWhole);

  EXPECT_EQ(read(body, 5), "abcde");
  EXPECT_EQ(body.left(), 1U);
}

TEST_F(ReadUpToTest, StopsAtTheLimitWithWhatIsReady) {
  Pieces body({"abcdef", "g"}, Pieces::End::kWhole);

  EXPECT_EQ(read(body, 3), "abc");
  EXPECT_EQ(body.left(), 1U);
}

TEST_F(ReadUpToTest, GivesWhatCameOfABodyThatIsCut) {
  Pieces body({"abc", "def"}, Pieces::End::kCut);

  EXPECT_EQ(read(body, 100), "abcdef");
}

class ReadWholeTest : public ::testing::Test {
 protected:
  core::Result<std::string> read(Pieces& body, std::size_t limit) {
    return support::run(loop_, read_whole(body, limit));
  }

  io::Loop loop_{0};
};

TEST_F(ReadWholeTest, ReadsABodyAsLargeAsTheLimit) {
  Pieces body({"abc", "def", "g"}, Pieces::End::kWhole);

  EXPECT_EQ(read(body, 7), "abcdefg");
}

TEST_F(ReadWholeTest, RefusesALargerBodyWithoutReadingAllOfIt) {
  Pieces body({"abc", "def", "ghi"}, Pieces::End::kWhole);

  const auto text = read(body, 5);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, core::ErrorCode::kOriginMalformed);
  EXPECT_EQ(text.error().detail, "the body is larger than 5 bytes");
  EXPECT_EQ(body.left(), 1U);
}

TEST_F(ReadWholeTest, RefusesABodyWhoseReadyBytesAreTooMany) {
  Pieces body({"abcdef", "g"}, Pieces::End::kWhole);

  EXPECT_FALSE(read(body, 5));
  EXPECT_EQ(body.left(), 1U);
}

TEST_F(ReadWholeTest, AnswersWithTheErrorOfABodyThatIsCut) {
  Pieces body({"abc", "def"}, Pieces::End::kCut);

  const auto text = read(body, 100);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, core::ErrorCode::kOriginUnreachable);
}

}  // namespace
}  // namespace yatagarasu::client
