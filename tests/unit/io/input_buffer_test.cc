#include "io/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace yatagarasu::io {
namespace {

class InputBufferTest : public ::testing::Test {
 protected:
  void receive(std::string_view bytes, std::size_t limit = 1 << 20) {
    while (!bytes.empty()) {
      const std::span<char> room = input_.prepare(limit);
      ASSERT_FALSE(room.empty());
      const std::size_t count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), count, room.begin());
      input_.commit(count);
      bytes.remove_prefix(count);
    }
  }

  BufferPool pool_;
  InputBuffer input_{pool_};
};

TEST_F(InputBufferTest, ShowsWhatWasReceivedAndNotYetConsumed) {
  receive("abcdef");
  input_.consume(2);

  EXPECT_EQ(input_.unread(), "cdef");
}

TEST_F(InputBufferTest, KeepsUnreadBytesWhenItMakesRoom) {
  receive(std::string(BufferPool::kSize, 'x'));
  input_.consume(BufferPool::kSize - 3);
  receive("yz");

  EXPECT_EQ(input_.unread(), "xxxyz");
}

TEST_F(InputBufferTest, GrowsBeyondThePooledBufferUpToTheLimit) {
  const std::size_t limit = BufferPool::kSize * 3;
  receive(std::string(limit, 'x'), limit);

  EXPECT_EQ(input_.unread(), std::string(limit, 'x'));
  EXPECT_TRUE(input_.prepare(limit).empty());
}

TEST_F(InputBufferTest, CanBeUsedAgainAfterItsMemoryWasReleased) {
  receive(std::string(BufferPool::kSize * 2, 'x'));
  input_.consume(BufferPool::kSize * 2);
  input_.release_if_empty();
  receive("again");

  EXPECT_EQ(input_.unread(), "again");
}

TEST_F(InputBufferTest, KeepsItsMemoryWhileSomethingIsUnread) {
  receive("abc");
  input_.release_if_empty();

  EXPECT_EQ(input_.unread(), "abc");
}

}  // namespace
}  // namespace yatagarasu::io
