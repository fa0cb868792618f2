#pragma once

#include "observability/access_record.h"
#include "observability/field.h"
#include "observability/line_buffer.h"
#include "observability/options.h"

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace yatagarasu::observability {

class Wakeup;

// Where one event loop, or any other thread, writes its log lines:
//
//   logger.info("listening", {{"address", address}, {"port", port}});
//
// A call formats the line and copies it into a bounded buffer; it never waits for the output. When
// the buffer is full the line is dropped and counted.
//
// Made by Log::attach(), lives as long as the Log. Threading: any thread; one logger per loop, so
// that loops share no lock.
class Logger {
 public:
  using Fields = std::initializer_list<Field>;

  Logger(const LogOptions& options, Wakeup& wakeup);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void debug(std::string_view message, Fields fields = {}) { log(Level::kDebug, message, fields); }
  void info(std::string_view message, Fields fields = {}) { log(Level::kInfo, message, fields); }
  void warn(std::string_view message, Fields fields = {}) { log(Level::kWarn, message, fields); }
  void error(std::string_view message, Fields fields = {}) { log(Level::kError, message, fields); }

  // Whether lines of that level are written, for those whose fields are dear.
  bool is_enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }

  // The access line of one request. `logging.access_log` alone decides whether it is written, not
  // the level.
  void access(const AccessRecord& record);

  // Lines that found no room.
  std::uint64_t dropped() const { return buffer_.dropped(); }

 private:
  friend class Log;

  void configure(const LogOptions& options);
  void log(Level level, std::string_view message, Fields fields);
  void submit(std::string_view line);

  // Each is read by itself.
  std::atomic<Level> level_;
  std::atomic<Format> format_;
  std::atomic<bool> access_log_;
  Wakeup& wakeup_;
  LineBuffer buffer_;
};

}  // namespace yatagarasu::observability
