#include "client/response_stream.h"

#include "client/connection_pool.h"
#include "core/result.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "support/fake_stream.h"
#include "support/run.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::client {
namespace {

using core::ErrorCode;
using support::FakeStream;
using Progress = ResponseStream::Progress;
using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\n\r\n";

// What became of a response.
struct Outcome {
  std::optional<core::Error> head_error;
  int status = 0;
  std::optional<std::uint64_t> length;
  std::string body;
  std::optional<core::Error> body_error;
  bool is_kept = false;  // The connection went back to the pool.
};

auto fails_with(ErrorCode code, const std::string& detail) {
  return Optional(AllOf(Field("code", &core::Error::code, code),
                        Field("detail", &core::Error::detail, HasSubstr(detail))));
}

class ResponseStreamTest : public ::testing::Test {
 protected:
  static constexpr FakeStream::End kClosed = FakeStream::End::kClosed;
  static constexpr FakeStream::End kSilence = FakeStream::End::kSilence;

  // A response whose head is complete; null when that failed.
  std::unique_ptr<ResponseStream> begin(std::unique_ptr<FakeStream> stream,
                                        ResponseStream::Options options, Outcome& outcome) {
    std::optional<ConnectionPool::Lease> lease = pool_.try_acquire();
    if (!lease) throw std::runtime_error("nothing is free");
    lease->drop_stream();
    lease->adopt(std::move(stream), {});
    auto response = std::make_unique<ResponseStream>(loop_, std::move(*lease), options);
    std::string_view unsent = kRequest;
    for (;;) {
      const core::Result<Progress> progress = response->advance(unsent);
      if (!progress) {
        outcome.head_error = progress.error();
        return nullptr;
      }
      if (*progress == Progress::kComplete) break;
      support::run(loop_, response->stream().wait(io::Want::kRead, io::kNever));
    }
    outcome.status = response->head().status;
    outcome.length = response->length();
    return response;
  }

  void read_body(ResponseStream& response, Outcome& outcome) {
    for (;;) {
      const core::Result<std::string_view> piece = support::run(loop_, response.next());
      if (!piece) {
        outcome.body_error = piece.error();
        return;
      }
      if (piece->empty()) return;
      EXPECT_LE(piece->size(), 64U * 1024U);
      outcome.body += *piece;
    }
  }

  Outcome receive(std::vector<std::string> pieces, FakeStream::End end = kSilence,
                  ResponseBody body = ResponseBody::kExpected) {
    Outcome outcome;
    const auto response =
        begin(std::make_unique<FakeStream>(std::move(pieces), end), {.body = body}, outcome);
    if (response) {
      outcome.body = response->ready();
      read_body(*response, outcome);
    }
    outcome.is_kept = pool_.counters().idle == 1;
    return outcome;
  }

  static std::vector<std::string> split_at(const std::string& text, std::size_t place) {
    return {text.substr(0, place), text.substr(place)};
  }
  static std::vector<std::string> bytes_of(const std::string& text) {
    std::vector<std::string> bytes;
    for (const char byte : text) bytes.emplace_back(1, byte);
    return bytes;
  }

  io::Loop loop_{0};
  ConnectionPool pool_{loop_, {.max_connections = 1, .max_idle = 1}};
};

TEST_F(ResponseStreamTest, SendsTheRequestAsItIs) {
  Outcome outcome;
  auto stream = std::make_unique<FakeStream>(
      std::vector<std::string>{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, kSilence);
  const auto record = stream->record();
  const auto response = begin(std::move(stream), {}, outcome);

  EXPECT_EQ(record->written, kRequest);
}

TEST_F(ResponseStreamTest, ReadsABodyOfKnownLengthInEverySplit) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
  for (std::size_t place = 1; place < text.size(); ++place) {
    const Outcome outcome = receive(split_at(text, place));

    EXPECT_EQ(outcome.body, "0123456789") << "split at " << place;
    EXPECT_EQ(outcome.length, 10U);
    EXPECT_FALSE(outcome.body_error);
    EXPECT_TRUE(outcome.is_kept) << "split at " << place;
  }
}

TEST_F(ResponseStreamTest, ReadsAChunkedBodyInEverySplit) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\nX-Trailer: z\r\n\r\n";
  for (std::size_t place = 1; place < text.size(); ++place) {
    const Outcome outcome = receive(split_at(text, place));

    EXPECT_EQ(outcome.body, "0123456789") << "split at " << place;
    EXPECT_EQ(outcome.length, std::nullopt);
    EXPECT_FALSE(outcome.body_error);
    EXPECT_TRUE(outcome.is_kept) << "split at " << place;
  }
}

TEST_F(ResponseStreamTest, ReadsAChunkedBodyByteByByte) {
  const Outcome outcome = receive(bytes_of(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));

  EXPECT_EQ(outcome.body, "abcde");
  EXPECT_TRUE(outcome.is_kept);
}

TEST_F(ResponseStreamTest, ReadsABodyThatEndsWithTheConnection) {
  const Outcome outcome = receive({"HTTP/1.1 200 OK\r\n\r\n01", "234", "56789"}, kClosed);

  EXPECT_EQ(outcome.body, "0123456789");
  EXPECT_EQ(outcome.length, std::nullopt);
  EXPECT_FALSE(outcome.body_error);
  EXPECT_FALSE(outcome.is_kept);
}

TEST_F(ResponseStreamTest, TellsABodyThatIsCutAtAnyByte) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  for (std::size_t bytes = 0; bytes < 10; ++bytes) {
    const Outcome outcome = receive({head, std::string("0123456789").substr(0, bytes)}, kClosed);

    EXPECT_THAT(outcome.body_error,
                fails_with(ErrorCode::kOriginUnreachable,
                           "body cut after " + std::to_string(bytes) + " of 10 bytes"))
        << bytes;
    EXPECT_EQ(outcome.body.size(), bytes);
    EXPECT_FALSE(outcome.is_kept);
  }
}

TEST_F(ResponseStreamTest, TellsAChunkedBodyThatIsCutAtAnyByte) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "4\r\n0123\r\n0\r\n\r\n";
  for (std::size_t bytes = 0; bytes < body.size(); ++bytes) {
    const Outcome outcome = receive({head, body.substr(0, bytes)}, kClosed);

    EXPECT_THAT(outcome.body_error, fails_with(ErrorCode::kOriginUnreachable, "")) << bytes;
    EXPECT_FALSE(outcome.is_kept);
  }
}

TEST_F(ResponseStreamTest, TellsAResetFromAnEnd) {
  const Outcome outcome = receive({"HTTP/1.1 200 OK\r\n\r\n01"}, FakeStream::End::kReset);

  EXPECT_THAT(outcome.body_error,
              fails_with(ErrorCode::kOriginUnreachable, "after 2 bytes: reset"));
}

TEST_F(ResponseStreamTest, TellsABodyThatStalls) {
  const Outcome outcome = receive({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n012"});

  EXPECT_THAT(outcome.body_error, fails_with(ErrorCode::kOriginTimeout, "after 3 of 9 bytes"));
  EXPECT_FALSE(outcome.is_kept);
}

TEST_F(ResponseStreamTest, TellsAMalformedChunk) {
  for (const char* const body : {"x\r\n", "4\r\n0123XX", "-1\r\n", "4\n0123\r\n"}) {
    const Outcome outcome =
        receive({std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + body});

    EXPECT_THAT(outcome.body_error, fails_with(ErrorCode::kOriginMalformed, "")) << body;
    EXPECT_FALSE(outcome.is_kept);
  }
}

TEST_F(ResponseStreamTest, RefusesHeadsThatCannotBeTrusted) {
  const std::vector<std::string> heads = {
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 3\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
  };
  for (const std::string& head : heads) {
    const Outcome outcome = receive({head});

    EXPECT_THAT(outcome.head_error, fails_with(ErrorCode::kOriginMalformed, ""))
        << head.substr(0, 80);
    EXPECT_FALSE(outcome.is_kept);
  }
}

TEST_F(ResponseStreamTest, AcceptsAHeadLargerThanAPooledBuffer) {
  const std::string value(40'000, 'x');
  const Outcome outcome =
      receive({"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: " + value + "\r\n\r\n0", "12"});

  EXPECT_EQ(outcome.body, "012");
  EXPECT_TRUE(outcome.is_kept);
}

TEST_F(ResponseStreamTest, TellsAHeadThatIsCutAtAnyByte) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
    const auto pieces =
        bytes == 0 ? std::vector<std::string>{} : std::vector{head.substr(0, bytes)};
    const Outcome outcome = receive(pieces, kClosed);

    EXPECT_THAT(outcome.head_error,
                fails_with(ErrorCode::kOriginUnreachable,
                           bytes == 0 ? "closed before the answer" : "within the answer's head"))
        << bytes;
  }
}

TEST_F(ResponseStreamTest, SkipsInterimHeadsInEverySplit) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (std::size_t place = 1; place < text.size(); ++place) {
    const Outcome outcome = receive(split_at(text, place));

    EXPECT_EQ(outcome.status, 200) << "split at " << place;
    EXPECT_EQ(outcome.body, "ok");
    EXPECT_TRUE(outcome.is_kept);
  }
}

TEST_F(ResponseStreamTest, BoundsTheInterimHeads) {
  const Outcome outcome = receive(std::vector<std::string>(9, "HTTP/1.1 100 Continue\r\n\r\n"));

  EXPECT_THAT(outcome.head_error, fails_with(ErrorCode::kOriginMalformed, ""));
}

TEST_F(ResponseStreamTest, AResponseWithoutABodyEndsWithItsHead) {
  struct Case {
    const char* head;
    ResponseBody body;
  };
  const std::vector<Case> cases = {
      {.head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", .body = ResponseBody::kNone},
      {.head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       .body = ResponseBody::kNone},
      {.head = "HTTP/1.1 200 OK\r\n\r\n", .body = ResponseBody::kNone},
      {.head = "HTTP/1.1 204 No Content\r\n\r\n", .body = ResponseBody::kExpected},
      {.head = "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
       .body = ResponseBody::kExpected},
      {.head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .body = ResponseBody::kExpected},
  };
  for (const Case& each : cases) {
    const Outcome outcome = receive({each.head}, kSilence, each.body);

    EXPECT_EQ(outcome.length, 0U) << each.head;
    EXPECT_FALSE(outcome.body_error);
    EXPECT_TRUE(outcome.is_kept) << each.head;
  }
}

TEST_F(ResponseStreamTest, TheLengthThatAHeadAnnouncesStaysVisible) {
  Outcome outcome;
  const auto response = begin(
      std::make_unique<FakeStream>(
          std::vector<std::string>{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}, kSilence),
      {.body = ResponseBody::kNone}, outcome);

  EXPECT_EQ(response->head().content_length, 10U);
  EXPECT_EQ(response->length(), 0U);
}

TEST_F(ResponseStreamTest, NeverReusesAConnectionWithBytesBehindTheBody) {
  struct Case {
    const char* text;
    const char* body;
  };
  const std::vector<Case> cases = {
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n", .body = "abc"},
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nx",
       .body = "abc"},
      {.text = "HTTP/1.1 204 No Content\r\n\r\nx", .body = ""},
      {.text = "HTTP/1.1 304 Not Modified\r\n\r\nx", .body = ""},
  };
  for (const Case& each : cases) {
    const Outcome outcome = receive({each.text});

    EXPECT_EQ(outcome.body, each.body);
    EXPECT_FALSE(outcome.body_error);
    EXPECT_FALSE(outcome.is_kept) << each.text;
  }
}

TEST_F(ResponseStreamTest, NeverReusesAConnectionThatTheOriginCloses) {
  for (const char* const head :
       {"HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.0 200 OK\r\n"}) {
    const Outcome outcome = receive({std::string(head) + "Content-Length: 3\r\n\r\nabc"});

    EXPECT_EQ(outcome.body, "abc");
    EXPECT_FALSE(outcome.is_kept) << head;
  }
}

TEST_F(ResponseStreamTest, GivesTheConnectionBackWhenTheLastByteHasCome) {
  Outcome outcome;
  const auto response =
      begin(std::make_unique<FakeStream>(
                std::vector<std::string>{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", "cd"},
                kSilence),
            {}, outcome);
  EXPECT_EQ(response->ready(), "ab");
  EXPECT_EQ(pool_.counters().idle, 0U);

  const core::Result<std::string_view> last = support::run(loop_, response->next());

  EXPECT_EQ(*last, "cd");
  EXPECT_EQ(pool_.counters().idle, 1U);
}

TEST_F(ResponseStreamTest, ClosesTheConnectionOfABodyThatIsGivenUp) {
  Outcome outcome;
  auto stream = std::make_unique<FakeStream>(
      std::vector<std::string>{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", "cd"}, kSilence);
  const auto record = stream->record();
  auto response = begin(std::move(stream), {}, outcome);
  response.reset();

  EXPECT_TRUE(record->is_closed);
  EXPECT_EQ(pool_.counters().in_use, 0U);
}

TEST_F(ResponseStreamTest, OffersTheRestOfABodyAsRawBytesOncePlainAndUnbuffered) {
  Outcome outcome;
  auto stream = std::make_unique<FakeStream>(
      std::vector<std::string>{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"}, kSilence);
  stream->set_plain_descriptor(7);
  const auto response = begin(std::move(stream), {}, outcome);
  EXPECT_FALSE(response->raw()) << "bytes are still buffered";
  EXPECT_EQ(response->ready(), "ab");

  EXPECT_THAT(response->raw(), Optional(Field("bytes", &io::RawBytes::bytes, 8U)));

  response->raw_taken(8);
  EXPECT_EQ(pool_.counters().idle, 1U);
  read_body(*response, outcome);
  EXPECT_FALSE(outcome.body_error);
}

TEST_F(ResponseStreamTest, OffersNoRawBytesWhereTheyAreNotTheBodys) {
  struct Case {
    const char* head;
    int descriptor;
  };
  const std::vector<Case> cases = {
      {.head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", .descriptor = -1},
      {.head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .descriptor = 7},
      {.head = "HTTP/1.1 200 OK\r\n\r\n", .descriptor = 7},
      {.head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .descriptor = 7},
  };
  for (const Case& each : cases) {
    Outcome outcome;
    auto stream = std::make_unique<FakeStream>(std::vector<std::string>{each.head}, kSilence);
    stream->set_plain_descriptor(each.descriptor);
    const auto response = begin(std::move(stream), {}, outcome);

    EXPECT_FALSE(response->raw()) << each.head;
  }
}

TEST_F(ResponseStreamTest, HoldsNoMoreThanABufferOfALargeBody) {
  const std::string half(100'000, 'x');
  const Outcome outcome =
      receive({"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", half, half});

  EXPECT_EQ(outcome.body, half + half);
  EXPECT_TRUE(outcome.is_kept);
}

}  // namespace
}  // namespace yatagarasu::client
