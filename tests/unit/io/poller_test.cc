#include "io/poller.h"

#include "io/loop.h"
#include "io/sleep.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// One end is a stream of the loop, the other a plain descriptor of the test.
class PollerTest : public ::testing::Test {
 protected:
  PollerTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    stream_.emplace(loop_, ends[0]);
    peer_ = ends[1];
  }
  ~PollerTest() override { hang_up(); }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }
  WaitStatus wait(Want want = Want::kRead, Duration timeout = 5s) {
    return support::run(loop_, stream_->wait(want, Clock::now() + timeout));
  }
  std::string read(std::size_t room) {
    std::string bytes(room, '\0');
    const IoResult got = stream_->try_read(std::span(bytes));
    bytes.resize(got.bytes);
    return bytes;
  }
  void spawn_waiter(std::optional<WaitStatus>& result) {
    tasks_.spawn([](Stream& stream, std::optional<WaitStatus>& out) -> Task<void> {
      out = co_await stream.wait(Want::kRead, kNever);
    }(*stream_, result));
  }
  void run_until_idle() { support::run(loop_, tasks_.join()); }

  Loop loop_{0};
  std::optional<TcpStream> stream_;
  int peer_ = -1;
  TaskGroup tasks_{loop_.executor(),
                   [](const std::exception_ptr& error) { std::rethrow_exception(error); }};
};

TEST_F(PollerTest, BytesThatCameBeforeTheWaitEndIt) {
  send("early");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(100), "early");
}

TEST_F(PollerTest, BytesThatWereLeftUnreadEndTheNextWait) {
  send("abcdef");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(3), "abc");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(3), "def");
}

TEST_F(PollerTest, AnEmptiedSocketIsWaitedFor) {
  send("abc");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(100), "abc");
  EXPECT_EQ(wait(Want::kRead, 30ms), WaitStatus::kTimedOut);
  send("def");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(100), "def");
}

TEST_F(PollerTest, AnEndThatCameWithTheLastBytesIsSeenAfterThem) {
  send("last");
  hang_up();
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(read(100), "last");
  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(stream_->try_read(std::span(std::array<char, 1>().data(), 1)).status, IoStatus::kEnd);
}

TEST_F(PollerTest, AFullSocketIsWaitedForUntilThePeerReads) {
  const std::string chunk(64 * 1024, 'x');
  std::array<iovec, 1> parts = {
      iovec{.iov_base = const_cast<char*>(chunk.data()), .iov_len = chunk.size()}};
  while (stream_->try_write(parts, More::kNo).status == IoStatus::kOk) {
  }
  EXPECT_EQ(wait(Want::kWrite, 30ms), WaitStatus::kTimedOut);
  std::string taken(1024 * 1024, '\0');
  while (::recv(peer_, taken.data(), taken.size(), 0) > 0) {
  }
  EXPECT_EQ(wait(Want::kWrite), WaitStatus::kReady);
}

TEST_F(PollerTest, AnInterruptEndsTheWaitLaterAndLeavesTheStreamUsable) {
  std::optional<WaitStatus> result;
  spawn_waiter(result);
  support::run_ready(loop_);
  stream_->interrupt();
  EXPECT_FALSE(result) << "the waiter runs in its own turn";
  run_until_idle();
  EXPECT_EQ(result, WaitStatus::kFailed);
  send("still here");
  EXPECT_EQ(wait(), WaitStatus::kReady);
}

TEST_F(PollerTest, ACancelledWaiterEnds) {
  std::optional<WaitStatus> result;
  spawn_waiter(result);
  support::run_ready(loop_);
  support::stop(loop_, tasks_);
  EXPECT_EQ(result, WaitStatus::kFailed);
}

TEST_F(PollerTest, OneOfABatchMayCloseAnother) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  auto other = std::make_unique<TcpStream>(loop_, ends[0]);
  const auto close_other = [](Stream& stream, std::unique_ptr<TcpStream>& victim) -> Task<void> {
    co_await stream.wait(Want::kRead, kNever);
    victim.reset();
  };
  tasks_.spawn(close_other(*stream_, other));
  support::run_ready(loop_);
  send("x");
  ASSERT_EQ(::send(ends[1], "y", 1, MSG_NOSIGNAL), 1);
  run_until_idle();
  EXPECT_EQ(other, nullptr);
  ::close(ends[1]);
}

TEST_F(PollerTest, AClosedStreamFailsItsNextWait) {
  stream_->close();
  EXPECT_EQ(wait(), WaitStatus::kFailed);
}

}  // namespace
}  // namespace yatagarasu::io
