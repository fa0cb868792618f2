#include "server/http2_connection.h"

#include "http/codec/h2_abuse.h"
#include "http/codec/h2_session.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/sleep.h"
#include "io/stream.h"
#include "io/task.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/options.h"
#include "support/h2_frames.h"
#include "support/run.h"
#include "unit/server/fake_answers.h"
#include "unit/server/test_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace yatagarasu::server {
namespace {

using h2::Frame;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint32_t kInternalError = 2;
constexpr std::uint32_t kSettingsTimeout = 4;
constexpr std::uint32_t kEnhanceYourCalm = 11;

// A client that keeps the frames that came.
class H2Client {
 public:
  explicit H2Client(const TestServer& server, std::string greeting = h2::greeting())
      : client_(server) {
    client_.send(greeting);
  }

  void send(const std::string& bytes) { client_.send(bytes); }

  // Until a frame fits; an empty one of type 255 when the server has closed before.
  Frame wait_for(const std::function<bool(const Frame&)>& fits) {
    for (;;) {
      const auto found = std::find_if(frames.begin(), frames.end(), fits);
      if (found != frames.end()) return *found;
      if (!read()) return {.type = 255};
    }
  }
  Frame end_of(std::int32_t stream) {
    return wait_for([stream](const Frame& each) {
      return each.stream == stream && (each.ends_stream() || each.type == h2::kRstStream);
    });
  }
  Frame goaway() {
    return wait_for([](const Frame& each) { return each.type == h2::kGoAway; });
  }
  void wait_for_body(std::int32_t stream, std::size_t bytes) {
    while (body_of(stream).size() < bytes && read()) {
    }
    EXPECT_EQ(body_of(stream).size(), bytes);
  }
  // Everything that the server says to what was sent so far has come.
  void barrier() {
    const std::string mark = "mark" + h2::number(++marks_, 4);
    send(h2::frame(h2::kPing, 0, 0, mark));
    wait_for([&mark](const Frame& each) { return each.type == h2::kPing && each.payload == mark; });
  }
  bool read_to_end() {
    while (read()) {
    }
    return true;
  }

  std::string body_of(std::int32_t stream) const {
    std::string body;
    for (const Frame& each : frames) {
      if (each.stream == stream && each.type == h2::kData) body += each.payload;
    }
    return body;
  }

  std::vector<Frame> frames;

 private:
  bool read() {
    const std::string got = client_.read_some();
    bytes_ += got;
    for (Frame& each : h2::take_frames(bytes_)) frames.push_back(std::move(each));
    return !got.empty();
  }

  RawClient client_;
  std::string bytes_;
  std::uint32_t marks_ = 0;
};

// The path is the body.
Response echo(const Request& request) {
  Response response;
  response.status = 200;
  response.body = std::string(request.head.path) + " " + std::string(request.protocol);
  return response;
}

TEST(Http2ConnectionTest, AnswersEveryStream) {
  TestServer server;
  server.handler.respond = echo;
  H2Client client(server);

  client.send(h2::get(1, "/a") + h2::get(3, "/b"));
  client.end_of(3);
  client.send(h2::get(5, "/c"));
  client.end_of(5);

  EXPECT_EQ(client.body_of(1), "/a HTTP/2");
  EXPECT_EQ(client.body_of(3), "/b HTTP/2");
  EXPECT_EQ(client.body_of(5), "/c HTTP/2");
}

TEST(Http2ConnectionTest, ThePrefaceMayComeByteByByte) {
  TestServer server;
  H2Client client(server, "");

  for (const char c : h2::greeting() + h2::get(1)) client.send(std::string(1, c));
  client.end_of(1);

  EXPECT_EQ(client.body_of(1), "hello");
}

TEST(Http2ConnectionTest, WhatBeginsLikeThePrefaceMayBeHttp1) {
  TestServer server;
  RawClient client(server);

  client.send("P");
  client.send("R");
  client.send("INT /k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(Http2ConnectionTest, ItCanBeSwitchedOff) {
  Options options;
  options.http2 = false;
  TestServer server(options);
  RawClient client(server);

  client.send(h2::greeting());

  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400"));
}

TEST(Http2ConnectionTest, ARefusedRequestLeavesTheOthersAlone) {
  TestServer server;
  H2Client client(server);

  client.send(h2::request(1, h2::head("GET", "/", {{"host", "b.test"}})) + h2::get(3));
  client.end_of(3);

  EXPECT_EQ(client.body_of(1), "Host differs from :authority");
  EXPECT_EQ(client.body_of(3), "hello");
}

TEST(Http2ConnectionTest, AHeadHasNoBody) {
  TestServer server;
  H2Client client(server);

  client.send(h2::request(1, h2::head("HEAD", "/k")));

  EXPECT_EQ(client.end_of(1).type, h2::kHeaders);
}

TEST(Http2ConnectionTest, ALargeBodyComesWholeThroughManyWindows) {
  TestServer server;
  const std::string body(1'000'000, 'x');
  server.handler.respond = [&](const Request&) {
    Response response;
    response.status = 200;
    response.body = body;
    return response;
  };
  H2Client client(server);

  client.send(h2::get(1));
  for (std::size_t granted = 65'535; granted < body.size(); granted += 200'000) {
    client.wait_for_body(1, granted);
    client.send(h2::window_update(0, 200'000) + h2::window_update(1, 200'000));
  }
  client.end_of(1);

  EXPECT_EQ(client.body_of(1), body);
}

TEST(Http2ConnectionTest, AStreamedBodyIsWholeOrReset) {
  TestServer server;
  server.handler.respond = [](const Request& request) {
    if (request.head.path == "/whole") return streamed({"ab", "cd"}, Pieces::End::kWhole, {});
    if (request.head.path == "/long") return streamed({"ab", "cde"}, Pieces::End::kWhole, 4);
    if (request.head.path == "/short") return streamed({"ab"}, Pieces::End::kWhole, 4);
    return streamed({"ab"}, Pieces::End::kCut, 4);
  };
  H2Client client(server);

  client.send(h2::get(1, "/whole") + h2::get(3, "/long") + h2::get(5, "/short") +
              h2::get(7, "/cut"));

  EXPECT_TRUE(client.end_of(1).ends_stream());
  EXPECT_EQ(client.body_of(1), "abcd");
  for (const int stream : {3, 5, 7}) {
    const Frame end = client.end_of(stream);
    EXPECT_EQ(end.type, h2::kRstStream) << stream;
    EXPECT_EQ(end.error(), kInternalError) << stream;
    EXPECT_EQ(client.body_of(stream), "ab") << stream;
  }
}

TEST(Http2ConnectionTest, AnAnswerThatHasToWaitHoldsUpNoOther) {
  TestServer server;
  std::atomic<bool> is_let_go{false};
  server.handler.respond_later = [&](const Request& request, io::Loop& loop) -> io::Task<Response> {
    if (request.head.path == "/slow") {
      while (!is_let_go) {
        const io::TimePoint soon = io::Clock::now() + 1ms;
        co_await io::sleep_until(loop, soon);
      }
    }
    co_return echo(request);
  };
  H2Client client(server);

  client.send(h2::get(1, "/slow") + h2::get(3, "/fast"));
  client.end_of(3);
  EXPECT_EQ(client.body_of(1), "");
  is_let_go = true;
  client.end_of(1);

  EXPECT_EQ(client.body_of(3), "/fast HTTP/2");
  EXPECT_EQ(client.body_of(1), "/slow HTTP/2");
}

// A body without end, which counts how often it was asked for more, and tells of its end.
class Endless final : public io::ByteSource {
 public:
  Endless(std::atomic<int>& pulls, std::atomic<int>& ends) : pulls_(pulls), ends_(ends) {}
  ~Endless() override { ++ends_; }

  io::Task<core::Result<std::string_view>> next() override {
    ++pulls_;
    co_return std::string_view(piece_);
  }

 private:
  std::atomic<int>& pulls_;
  std::atomic<int>& ends_;
  std::string piece_ = std::string(10'000, 'x');
};

class EndlessBodyTest : public ::testing::Test {
 protected:
  explicit EndlessBodyTest(Options options = {}) : server_(std::move(options)) {
    server_.handler.respond = [this](const Request& request) {
      if (request.head.path != "/endless") return echo(request);
      Response response;
      response.status = 200;
      response.body = std::unique_ptr<io::ByteSource>(std::make_unique<Endless>(pulls_, ends_));
      response.observer = std::make_unique<Recorder>(record_);
      return response;
    };
  }

  void wait_until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(holds());
  }

  std::atomic<int> pulls_{0};
  std::atomic<int> ends_{0};
  Recorder::Record record_;
  TestServer server_;
};

TEST_F(EndlessBodyTest, IsPulledOnlyWhileTheWindowIsOpen) {
  H2Client client(server_);
  client.send(h2::get(1, "/endless"));
  client.wait_for_body(1, 65'535);
  client.barrier();
  EXPECT_EQ(pulls_, 7);

  client.send(h2::window_update(0, 100'000) + h2::window_update(1, 14'465));
  client.wait_for_body(1, 80'000);
  client.barrier();

  EXPECT_EQ(pulls_, 8);
}

TEST_F(EndlessBodyTest, IsGivenUpWhenTheClientResetsTheStream) {
  H2Client client(server_);
  client.send(h2::get(1, "/endless"));
  client.wait_for([](const Frame& each) { return each.type == h2::kData; });

  client.send(h2::rst_stream(1));
  wait_until([this] { return ends_ == 1; });
  // The body may have used up the connection's window.
  client.send(h2::window_update(0, 100'000) + h2::get(3, "/k"));
  client.end_of(3);

  EXPECT_EQ(record_.calls, 1);
  EXPECT_EQ(record_.outcome, ResponseObserver::Outcome::kClientGone);
  EXPECT_EQ(client.body_of(3), "/k HTTP/2");
}

TEST_F(EndlessBodyTest, IsGivenUpWhenTheClientLeaves) {
  {
    H2Client client(server_);
    client.send(h2::get(1, "/endless"));
    client.wait_for([](const Frame& each) { return each.type == h2::kData; });
  }

  wait_until([this] { return ends_ == 1 && server_.connections() == 0; });

  EXPECT_EQ(record_.calls, 1);
  EXPECT_EQ(record_.outcome, ResponseObserver::Outcome::kClientGone);
}

TEST_F(EndlessBodyTest, ADrainWaitsForOpenStreamsAndTakesNoOthers) {
  H2Client client(server_);
  client.send(h2::get(1, "/endless"));
  client.wait_for([](const Frame& each) { return each.type == h2::kData; });

  server_.drain();
  const Frame goaway = client.goaway();
  client.send(h2::get(3, "/k"));
  client.barrier();

  EXPECT_EQ(goaway.error(), 0);
  EXPECT_EQ(goaway.payload.substr(0, 4), h2::number(1, 4));
  EXPECT_EQ(client.body_of(3), "");
  EXPECT_EQ(server_.connections(), 1);
  client.send(h2::rst_stream(1));
  EXPECT_TRUE(client.read_to_end());
}

Options hasty() {
  Options options;
  options.timeouts = {.header = 300ms, .idle = 300ms, .write_stall = 300ms, .request = 0ms};
  return options;
}

class HastyEndlessBodyTest : public EndlessBodyTest {
 protected:
  HastyEndlessBodyTest() : EndlessBodyTest(hasty()) {}
};

TEST_F(HastyEndlessBodyTest, AWindowThatIsKeptShutEndsItsStream) {
  H2Client client(server_,
                  h2::kPreface + h2::settings({{4, 0}}) + h2::frame(h2::kSettings, h2::kAck, 0));
  client.send(h2::get(1, "/endless"));

  const Frame end = client.end_of(1);

  EXPECT_EQ(end.type, h2::kRstStream);
  EXPECT_EQ(end.error(), kEnhanceYourCalm);
  EXPECT_EQ(server_.abuses(http::H2Abuse::kZeroWindow), 1);
  EXPECT_EQ(pulls_, 0);
}

// Grants the connection a little at a time, for several times as long as a client may stall.
void read_slowly(H2Client& client, const std::string& grant) {
  const auto end = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < end) {
    client.send(grant);
    client.barrier();
  }
}

TEST_F(HastyEndlessBodyTest, AClientThatIsSlowButSteadyIsServed) {
  H2Client client(server_);
  client.send(h2::window_update(0, 1 << 20) + h2::get(1, "/endless"));
  client.wait_for_body(1, 65'535);

  read_slowly(client, h2::window_update(1, 1));

  EXPECT_EQ(server_.abuses(http::H2Abuse::kZeroWindow), 0);
  EXPECT_EQ(ends_, 0);
}

TEST_F(HastyEndlessBodyTest, AStreamThatWaitsForAMoreUrgentOneIsNoAbuse) {
  H2Client client(server_);
  const h2::Fields urgent = h2::head("GET", "/endless", {{"priority", "u=0"}});
  client.send(h2::settings({{4, 1 << 20}}) + h2::get(1, "/endless") + h2::request(3, urgent));
  client.wait_for([](const Frame& each) { return each.type == h2::kData; });

  read_slowly(client, h2::window_update(0, 1));

  EXPECT_EQ(server_.abuses(http::H2Abuse::kZeroWindow), 0);
  EXPECT_EQ(ends_, 0);
}

// A client with a window of which most stays in the server's kernel.
class FullWindowTest : public HastyEndlessBodyTest {
 protected:
  FullWindowTest() {
    client_.send(h2::kPreface + h2::settings({{4, 1 << 20}}) +
                 h2::frame(h2::kSettings, h2::kAck, 0) + h2::window_update(0, 1 << 20) +
                 h2::get(1, "/endless"));
  }

  RawClient client_{server_, RawClient::Room::kLittle};
};

TEST_F(FullWindowTest, IsNoAbuseWhileTheClientTakesItSlowly) {
  const auto end = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < end) {
    client_.read_some();
    std::this_thread::sleep_for(10ms);
  }

  EXPECT_EQ(server_.abuses(http::H2Abuse::kZeroWindow), 0);
  EXPECT_EQ(ends_, 0);
}

class SlowReaderTest : public EndlessBodyTest {
 protected:
  SlowReaderTest() : EndlessBodyTest(options()) {}

  static Options options() {
    Options options;
    options.timeouts.header = 1s;
    return options;
  }

  // Until there is no room for more.
  void wait_until_stuffed() {
    for (int before = -1; std::exchange(before, pulls_) != pulls_;) {
      std::this_thread::sleep_for(50ms);
    }
  }

  RawClient client_{server_, RawClient::Room::kLittle};
};

// While the server waits for room it hears nothing.
TEST_F(SlowReaderTest, IsNotTakenForASlowWriter) {
  const std::string frame = h2::window_update(0, 1);
  client_.send(h2::kPreface + h2::settings({{4, 1 << 30}}) + h2::frame(h2::kSettings, h2::kAck, 0) +
               h2::window_update(0, 1 << 30) + h2::get(1, "/endless") + frame.substr(0, 5));
  wait_until_stuffed();
  client_.send(frame.substr(5));

  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) {
    client_.read_some();
    std::this_thread::sleep_for(10ms);
  }

  const int before = pulls_;
  while (pulls_ == before && ends_ == 0) client_.read_some();

  EXPECT_EQ(server_.abuses(http::H2Abuse::kSlowHead), 0);
  EXPECT_EQ(ends_, 0);
}

TEST_F(FullWindowTest, IsAnAbuseWhenTheClientTakesNothing) {
  wait_until([this] { return server_.abuses(http::H2Abuse::kZeroWindow) == 1; });
  wait_until([this] { return ends_ == 1; });
}

TEST(Http2TimeoutsTest, AConnectionWhoseLastStreamWasResetIsIdle) {
  TestServer server(hasty());
  server.handler.respond_later = [](const Request& request, io::Loop& loop) -> io::Task<Response> {
    co_await io::sleep_until(loop, io::kNever);
    co_return echo(request);
  };
  H2Client client(server);
  client.send(h2::get(1));
  client.barrier();

  client.send(h2::rst_stream(1));

  EXPECT_EQ(client.goaway().type, h2::kGoAway);
  EXPECT_TRUE(client.read_to_end());
}

TEST(Http2TimeoutsTest, AnIdleConnectionIsToldToGo) {
  TestServer server(hasty());
  H2Client client(server);
  client.send(h2::get(1));

  EXPECT_EQ(client.goaway().error(), 0);
  EXPECT_TRUE(client.read_to_end());
}

TEST(Http2TimeoutsTest, AHeaderBlockThatDoesNotEndIsAnAbuse) {
  TestServer server(hasty());
  H2Client client(server);
  client.send(h2::request(1, h2::head("GET", "/k"), h2::kEndStream));

  EXPECT_EQ(client.goaway().error(), kEnhanceYourCalm);
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(server.abuses(http::H2Abuse::kSlowHead), 1);
}

TEST(Http2TimeoutsTest, SettingsMustBeAcknowledged) {
  Options options = hasty();
  options.timeouts.idle = 20s;
  TestServer server(options);
  H2Client client(server, h2::kPreface + h2::settings());

  EXPECT_EQ(client.goaway().error(), kSettingsTimeout);
  EXPECT_TRUE(client.read_to_end());
  EXPECT_EQ(server.abuses(http::H2Abuse::kSettingsNotAcked), 1);
}

TEST(Http2TimeoutsTest, ABodyThatDoesNotEndIs408) {
  TestServer server(hasty());
  H2Client client(server);
  client.send(h2::request(1, h2::head("GET", "/k"), h2::kEndHeaders));

  client.end_of(1);

  EXPECT_EQ(client.body_of(1), "the request body took too long");
}

// A connection whose kernel takes each batch whole, and then has no room: its client reads nothing.
class StuffedStream : public io::Stream {
 public:
  explicit StuffedStream(std::string said) : said_(std::move(said)) {}

  io::IoResult try_read(std::span<char> buffer) override {
    const std::size_t bytes = said_.copy(buffer.data(), buffer.size());
    said_.erase(0, bytes);
    return {bytes == 0 ? io::IoStatus::kWantRead : io::IoStatus::kOk, bytes};
  }
  io::IoResult try_write(std::span<const iovec> parts, io::More /*more*/) override {
    std::size_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    return {io::IoStatus::kOk, bytes};
  }
  io::Task<io::WaitStatus> wait(io::Want want, io::TimePoint deadline) override {
    if (want == io::Want::kRead) co_return io::WaitStatus::kReady;
    co_return deadline == io::kNever ? io::WaitStatus::kFailed : io::WaitStatus::kTimedOut;
  }
  void interrupt() override {}
  bool peer_has_left() const override { return false; }
  void shutdown_write() override {}
  void close() override {}
  void abort() override {}
  int plain_descriptor() const override { return -1; }
  std::string last_error() const override { return "stuffed"; }

 private:
  std::string said_;
};

// One connection over a stream of a test's own, without a socket.
class LoneConnection {
 public:
  // Until the connection is over.
  void run(std::unique_ptr<io::Stream> stream) {
    Http2Connection connection(loop_, std::move(stream), {}, handler, options_, stats_, log_);
    support::run(loop_, connection.run(http::kH2Preface));
  }
  std::uint64_t abuses(http::H2Abuse kind) const {
    return abuses_.counts[static_cast<std::size_t>(kind)];
  }

  FakeHandler handler;

 private:
  io::Loop loop_{0};
  Options options_;
  ConnectionStats stats_;
  Http2Abuses abuses_;
  Http2AbuseLog log_{abuses_, [](std::string_view) {}};
};

TEST(Http2TimeoutsTest, AClientThatReadsNothingBetweenTwoBatchesIsCutOff) {
  LoneConnection connection;
  connection.handler.respond = [](const Request&) {
    Response response;
    response.status = 200;
    response.body = std::string(1'000'000, 'x');
    return response;
  };

  connection.run(std::make_unique<StuffedStream>(h2::settings({{4, 1 << 20}}) +
                                                 h2::window_update(0, 1 << 20) + h2::get(1)));

  EXPECT_EQ(connection.abuses(http::H2Abuse::kSlowRead), 1);
}

// A client that says one thing, for ever.
class FloodingStream final : public StuffedStream {
 public:
  FloodingStream(std::string frame, std::size_t& read)
      : StuffedStream({}), frame_(std::move(frame)), read_(read) {}

  io::IoResult try_read(std::span<char> buffer) override {
    for (char& byte : buffer) byte = frame_[read_++ % frame_.size()];
    return {io::IoStatus::kOk, buffer.size()};
  }

 private:
  std::string frame_;
  std::size_t& read_;
};

TEST(Http2ConnectionTest, WhatAFloodHasLeftToSayIsNotRead) {
  LoneConnection connection;
  const std::string settings = h2::settings();
  std::size_t read = 0;

  connection.run(std::make_unique<FloodingStream>(settings, read));

  EXPECT_EQ(connection.abuses(http::H2Abuse::kControlFlood), 1);
  EXPECT_LT(read, 10'000 * settings.size());
}

TEST(Http2ConnectionTest, AHandlersExceptionClosesTheConnection) {
  TestServer server;
  server.handler.respond = [](const Request&) -> Response { throw std::runtime_error("broken"); };
  H2Client client(server);

  client.send(h2::get(1));

  EXPECT_TRUE(client.read_to_end());
}

TEST(Http2ConnectionTest, AnAnswerWhoseTaskNeverWaitsFreesItsSlot) {
  TestServer server;
  server.handler.respond_later = [](const Request& request, io::Loop&) -> io::Task<Response> {
    co_return echo(request);
  };
  H2Client client(server);

  for (int stream = 1; stream < 601; stream += 2) {
    client.send(h2::get(stream));
    ASSERT_EQ(client.end_of(stream).type, h2::kData) << stream;
    client.frames.clear();
  }
}

TEST(Http2ConnectionTest, TheObserverHearsOfTheFirstBytesOfAStream) {
  TestServer server;
  Recorder::Record record;
  server.handler.respond = [&](const Request&) {
    Response response = streamed({"ab", "cd"}, Pieces::End::kWhole, 4);
    response.observer = std::make_unique<Recorder>(record);
    return response;
  };
  H2Client client(server);

  client.send(h2::get(1));
  client.end_of(1);
  client.barrier();

  EXPECT_EQ(record.begun, 1);
  EXPECT_EQ(record.calls, 1);
}

TEST(Http2ConnectionTest, TheObserverHearsOfAWholeAnswerOnce) {
  TestServer server;
  Recorder::Record record;
  server.handler.respond = [&](const Request&) {
    Response response;
    response.status = 200;
    response.body = std::string("hello");
    response.observer = std::make_unique<Recorder>(record);
    return response;
  };
  H2Client client(server);

  client.send(h2::get(1));
  client.end_of(1);
  client.barrier();

  EXPECT_EQ(record.calls, 1);
  EXPECT_EQ(record.outcome, ResponseObserver::Outcome::kWhole);
  EXPECT_EQ(record.bytes, 5);
}

}  // namespace
}  // namespace yatagarasu::server
