#include "observability/logger.h"

#include "observability/access_record.h"
#include "observability/field.h"
#include "observability/line_writer.h"
#include "observability/options.h"
#include "observability/wakeup.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::observability {
namespace {

// The calling thread's, empty; kept from line to line so that none allocates. One that an
// exceptional line has blown up is given back.
std::string& scratch() {
  static constexpr std::size_t kKeptBytes = 64U << 10U;
  thread_local std::string line;
  if (line.capacity() > kKeptBytes) line = std::string();
  line.clear();
  return line;
}

}  // namespace

Logger::Logger(const LogOptions& options, Wakeup& wakeup)
    : level_(options.level),
      format_(options.format),
      access_log_(options.access_log),
      wakeup_(wakeup) {}

void Logger::configure(const LogOptions& options) {
  level_ = options.level;
  format_ = options.format;
  access_log_ = options.access_log;
}

void Logger::log(Level level, std::string_view message, Fields fields) {
  if (!is_enabled(level)) return;
  std::string& line = scratch();
  LineWriter writer(line, format_.load(std::memory_order_relaxed));
  writer.begin(std::chrono::system_clock::now(), level, message);
  for (const Field& field : fields) writer.field(field);
  writer.end();
  submit(line);
}

void Logger::access(const AccessRecord& record) {
  if (!access_log_.load(std::memory_order_relaxed)) return;
  std::string& line = scratch();
  LineWriter writer(line, format_.load(std::memory_order_relaxed));
  writer.begin(std::chrono::system_clock::now(), Level::kInfo, "request");
  writer.fields(record);
  writer.end();
  submit(line);
}

void Logger::submit(std::string_view line) {
  switch (buffer_.append(line)) {
    case LineBuffer::Outcome::kStored: wakeup_.notify(); return;
    case LineBuffer::Outcome::kHalfFull: wakeup_.interrupt(); return;
    case LineBuffer::Outcome::kDropped: return;
  }
}

}  // namespace yatagarasu::observability
