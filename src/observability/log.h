#pragma once

#include "core/result.h"
#include "observability/log_output.h"
#include "observability/logger.h"
#include "observability/options.h"
#include "observability/wakeup.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace yatagarasu::observability {

// The log: one thread writes what the loggers' buffers hold, some milliseconds after it was said,
// many lines at a time. Lines of one logger keep their order.
//
//   Logger (a loop's) -> buffer \.
//   Logger (a loop's) -> buffer  >-- writer thread --> stdout, stderr or a file
//   Logger (other's)  -> buffer /
//
// A line that finds its buffer full, or that the output refuses, is dropped and counted; once there
// is room again a warning in the log says how many. The destructor writes what is left, for at
// most kFlushLimit when the output does not take it.
//
// Threading: any thread. Nobody uses a Logger once the destructor has begun.
class Log {
 public:
  static constexpr std::chrono::seconds kFlushLimit{2};

  // Fails with kSystem when the output cannot be opened.
  static core::Result<std::unique_ptr<Log>> open(LogOptions options);

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  // A further logger; it lives as long as the log.
  Logger& attach();

  // Opens a file anew by its name, after it was renamed. When that fails (kSystem) the old one
  // stays in use. What is logged after the return goes to the new file.
  core::Result<void> reopen();

  // Goes on by other options. When the new output cannot be opened (kSystem) nothing changes.
  // Lines that were logged before may come by either.
  core::Result<void> reconfigure(LogOptions options);

  // Lines lost so far.
  std::uint64_t dropped() const;

 private:
  using TimePoint = LogOutput::TimePoint;

  Log(LogOptions options, LogOutput output);

  void write_until_stopped();
  bool is_stopping() const { return give_up_at_.load() != TimePoint::max(); }
  // Whether the output took everything.
  bool write_what_is_there();
  bool write_lines(const std::string& lines);
  void report_dropped();
  Format format() const;
  void adopt_reopened();

  Wakeup wakeup_;
  std::atomic<TimePoint> give_up_at_ = TimePoint::max();  // Of the writer; set once, to stop it.
  std::atomic<std::uint64_t> refused_ = 0;                // Lines that the output did not take.

  mutable std::mutex mutex_;  // Guards the three below, held for moments only.
  LogOptions options_;
  std::vector<std::unique_ptr<Logger>> loggers_;
  std::optional<LogOutput> reopened_;

  // The writer's own.
  LogOutput output_;
  std::string batch_;
  std::uint64_t reported_ = 0;

  std::thread writer_;  // Last: it uses every member above.
};

}  // namespace yatagarasu::observability
