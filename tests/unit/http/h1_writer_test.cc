#include "http/codec/h1_writer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace yatagarasu::http {
namespace {

std::string head(int status, const ResponseFraming& framing, const HeaderBlock& headers = {}) {
  std::string out = "before ";
  append_response_head(out, status, headers, framing);
  return out;
}

TEST(H1WriterTest, AHeadIsStatusLineHeadersAndFraming) {
  HeaderBlock headers;
  headers.add("ETag", "\"a\"");
  EXPECT_EQ(head(200, {.content_length = 5}, headers),
            "before HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n");
}

TEST(H1WriterTest, TheFramingSaysWhatBecomesOfBodyAndConnection) {
  EXPECT_EQ(head(304, {}), "before HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(head(200, {.content_length = {}, .is_chunked = true}),
            "before HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head(400, {.content_length = 0, .is_chunked = false, .keep_alive = false}),
            "before HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(
      head(200, {.content_length = std::numeric_limits<std::uint64_t>::max(), .version_minor = 0}),
      "before HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n"
      "Connection: keep-alive\r\n\r\n");
}

TEST(H1WriterTest, AStatusWithoutAPhraseKeepsItsSpace) {
  EXPECT_EQ(reason_phrase(416), "Range Not Satisfiable");
  EXPECT_EQ(reason_phrase(599), "");
  EXPECT_EQ(head(599, {}), "before HTTP/1.1 599 \r\n\r\n");
}

TEST(H1WriterTest, AChunkHeadIsTheSizeInHexadecimal) {
  ChunkHead chunk;
  EXPECT_EQ(chunk.format(1), "1\r\n");
  EXPECT_EQ(chunk.format(65536), "10000\r\n");
  EXPECT_EQ(chunk.format(std::numeric_limits<std::size_t>::max()), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace yatagarasu::http
