#include "http/codec/chunked_decoder.h"
#include "http/codec/h1_request_parser.h"
#include "http/codec/h1_response_parser.h"
#include "http/codec/h1_writer.h"
#include "http/fields.h"
#include "http/message.h"
#include "http/range.h"

#include <benchmark/benchmark.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kSmallGet =
    "GET /products/images/1234.jpg HTTP/1.1\r\n"
    "Host: cdn.example.com\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: */*\r\n"
    "\r\n";

constexpr std::string_view kBrowserGet =
    "GET /products/images/large/2025/spring/1234567890.jpg?width=640 HTTP/1.1\r\n"
    "Host: cdn.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-site\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Dest: image\r\n"
    "Referer: https://www.example.com/products/list\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "\r\n";

constexpr std::string_view kS3Answer =
    "HTTP/1.1 200 OK\r\n"
    "x-amz-id-2: eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran\r\n"
    "x-amz-request-id: 318BC8BC148832E5\r\n"
    "Date: Mon, 28 Jan 2025 12:00:00 GMT\r\n"
    "Last-Modified: Wed, 25 Dec 2024 12:00:00 GMT\r\n"
    "ETag: \"fba9dede5f27731c9771645a39863328\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "Content-Type: image/jpeg\r\n"
    "Content-Length: 434234\r\n"
    "Server: AmazonS3\r\n"
    "\r\n";

void count(benchmark::State& state, std::string_view input) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

void parse_request(benchmark::State& state, std::string_view raw) {
  H1RequestParser parser{H1RequestLimits{}};
  RequestHead head;
  for (auto _ : state) {
    parser.reset();
    if (parser.parse(raw, head) != ParseProgress::kDone) state.SkipWithError("refused");
    benchmark::DoNotOptimize(head);
  }
  count(state, raw);
}
BENCHMARK_CAPTURE(parse_request, small_get, kSmallGet);
BENCHMARK_CAPTURE(parse_request, browser_get, kBrowserGet);

void parse_response(benchmark::State& state) {
  H1ResponseParser parser(32 * 1024);
  ResponseHead head;
  for (auto _ : state) {
    parser.reset();
    if (parser.parse(kS3Answer, head) != ParseProgress::kDone) state.SkipWithError("refused");
    benchmark::DoNotOptimize(head);
  }
  count(state, kS3Answer);
}
BENCHMARK(parse_response);

void find_fields(benchmark::State& state) {
  H1RequestParser parser{H1RequestLimits{}};
  RequestHead head;
  if (parser.parse(kBrowserGet, head) != ParseProgress::kDone) state.SkipWithError("refused");
  for (auto _ : state) {
    benchmark::DoNotOptimize(head.fields.find("Range"));
    benchmark::DoNotOptimize(head.fields.find("If-None-Match"));
    benchmark::DoNotOptimize(head.fields.find("Authorization"));
  }
}
BENCHMARK(find_fields);

void write_head(benchmark::State& state) {
  HeaderBlock headers;
  headers.add("Content-Type", "image/jpeg");
  headers.add("ETag", "\"fba9dede5f27731c9771645a39863328\"");
  headers.add("Last-Modified", "Wed, 25 Dec 2024 12:00:00 GMT");
  headers.add("X-Request-Id", "0123456789abcdef0123456789abcdef");
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_response_head(out, 200, headers, {.content_length = 434234});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_head);

void decode_chunks(benchmark::State& state) {
  std::string coded;
  for (int i = 0; i < 16; ++i) coded += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  coded += "0\r\n\r\n";
  for (auto _ : state) {
    ChunkedDecoder decoder;
    std::string_view rest = coded;
    ChunkedDecoder::Step step{};
    do {
      step = decoder.feed(rest);
      rest.remove_prefix(step.consumed);
    } while (step.status == ChunkedDecoder::Status::kData);
    if (step.status != ChunkedDecoder::Status::kEnd) state.SkipWithError("refused");
  }
  count(state, coded);
}
BENCHMARK(decode_chunks);

void parse_one_range(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_range("bytes=1048576-2097151"));
}
BENCHMARK(parse_one_range);

}  // namespace
}  // namespace yatagarasu::http
