#include "observability/line_writer.h"
#include "observability/log.h"
#include "observability/request_id.h"

#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace yatagarasu::observability {
namespace {

AccessRecord make_record() {
  AccessRecord record;
  record.request_id = "0123456789abcdef0123456789abcdef";
  record.client_ip = "192.0.2.7";
  record.method = "GET";
  record.path = "/products/images/2026/07/photo.jpg";
  record.status = 200;
  record.bytes_sent = 1024;
  record.duration = std::chrono::microseconds(12345);
  record.bucket = "products";
  record.s3_key = "images/2026/07/photo.jpg";
  record.cache = "MISS";
  record.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  record.protocol = "HTTP/1.1";
  record.attempts = 1;
  record.s3_status = 200;
  record.s3_request_id = "17A2B3C4D5E6F708";
  record.s3_duration = std::chrono::microseconds(9007);
  return record;
}

void format_access_line(benchmark::State& state, Format format) {
  const AccessRecord record = make_record();
  std::string line;
  for (auto _ : state) {
    line.clear();
    LineWriter writer(line, format);
    writer.begin(std::chrono::system_clock::now(), Level::kInfo, "request");
    writer.fields(record);
    writer.end();
    benchmark::DoNotOptimize(line.data());
  }
}
BENCHMARK_CAPTURE(format_access_line, json, Format::kJson);
BENCHMARK_CAPTURE(format_access_line, text, Format::kText);

// What a request pays. The writer gets time to empty the buffer now and then: a line that is
// dropped costs less than one that is not.
void log_access_line(benchmark::State& state) {
  static constexpr int kLinesInBuffer = 400;
  LogOptions options;
  options.output = "/dev/null";
  auto log = Log::open(options);
  if (!log) std::abort();
  Logger& logger = (*log)->attach();
  const AccessRecord record = make_record();
  int lines = 0;
  for (auto _ : state) {
    logger.access(record);
    if (++lines % kLinesInBuffer == 0) {
      state.PauseTiming();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      state.ResumeTiming();
    }
  }
  if ((*log)->dropped() != 0) state.SkipWithError("lines were dropped");
}
BENCHMARK(log_access_line)->Iterations(40'000);

void make_request_id(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(new_request_id());
}
BENCHMARK(make_request_id);

}  // namespace
}  // namespace yatagarasu::observability
