#include "observability/log.h"

#include "core/result.h"
#include "observability/line_writer.h"
#include "observability/log_output.h"
#include "observability/logger.h"
#include "observability/options.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <signal.h>
#include <string_view>
#include <utility>

namespace yatagarasu::observability {
namespace {

// Lines are gathered for this long after the first, unless a buffer becomes half full.
constexpr std::chrono::milliseconds kGatherTime{20};
constexpr std::chrono::milliseconds kNoLimit{-1};

// A write to a pipe whose reader has gone must fail, not raise SIGPIPE; and signals are for the
// threads that wait for them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

}  // namespace

core::Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
  core::Result<LogOutput> output = LogOutput::open(options.output);
  if (!output) return std::unexpected(std::move(output.error()));
  return std::unique_ptr<Log>(new Log(std::move(options), std::move(*output)));
}

Log::Log(LogOptions options, LogOutput output)
    : options_(std::move(options)),
      output_(std::move(output)),
      writer_(&Log::write_until_stopped, this) {}

Log::~Log() {
  give_up_at_ = std::chrono::steady_clock::now() + kFlushLimit;
  wakeup_.interrupt();
  writer_.join();
}

Logger& Log::attach() {
  const std::lock_guard lock(mutex_);
  return *loggers_.emplace_back(std::make_unique<Logger>(options_, wakeup_));
}

core::Result<void> Log::reopen() {
  LogOptions same;
  {
    const std::lock_guard lock(mutex_);
    same = options_;
  }
  return reconfigure(std::move(same));
}

core::Result<void> Log::reconfigure(LogOptions options) {
  core::Result<LogOutput> output = LogOutput::open(options.output);
  if (!output) return std::unexpected(std::move(output.error()));
  const std::lock_guard lock(mutex_);
  reopened_ = std::move(*output);
  options_ = std::move(options);
  for (const auto& logger : loggers_) logger->configure(options_);
  return {};
}

std::uint64_t Log::dropped() const {
  std::uint64_t dropped = refused_.load();
  const std::lock_guard lock(mutex_);
  for (const auto& logger : loggers_) dropped += logger->dropped();
  return dropped;
}

void Log::write_until_stopped() {
  block_signals();
  while (!is_stopping()) {
    wakeup_.wait(kNoLimit);
    if (!is_stopping()) wakeup_.wait(kGatherTime);
    wakeup_.rearm();
    if (write_what_is_there()) report_dropped();
  }
  // What came in while the last batch was being written.
  if (write_what_is_there()) report_dropped();
}

bool Log::write_what_is_there() {
  bool took_all = true;
  for (std::size_t i = 0;; ++i) {
    Logger* logger = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (i == loggers_.size()) return took_all;
      logger = loggers_[i].get();
    }
    batch_.clear();
    logger->buffer_.take(batch_);
    took_all = write_lines(batch_) && took_all;
  }
}

bool Log::write_lines(const std::string& lines) {
  // After the lines were taken: whatever was logged after reopen() goes to the new file.
  adopt_reopened();
  const std::size_t written = output_.write(lines, give_up_at_);
  refused_ += count_lines(std::string_view(lines).substr(written));
  return written == lines.size();
}

void Log::report_dropped() {
  const std::uint64_t total = dropped();
  if (total == reported_) return;
  std::string line;
  LineWriter writer(line, format());
  writer.begin(std::chrono::system_clock::now(), Level::kWarn, "log lines dropped");
  writer.field("dropped", total - reported_);
  writer.field("dropped_total", total);
  writer.end();
  if (output_.write(line, give_up_at_) == line.size()) reported_ = total;
}

Format Log::format() const {
  const std::lock_guard lock(mutex_);
  return options_.format;
}

void Log::adopt_reopened() {
  const std::lock_guard lock(mutex_);
  if (!reopened_) return;
  output_ = std::move(*reopened_);
  reopened_.reset();
}

}  // namespace yatagarasu::observability
