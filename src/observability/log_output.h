#pragma once

#include "core/file_descriptor.h"
#include "core/result.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::observability {

// Where log lines go: standard output or error, or a file that is appended to.
//
// Threading: one thread.
class LogOutput {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `output` as LogOptions::output. A file is made with mode 0640. Fails with kSystem.
  static core::Result<LogOutput> open(const std::string& output);

  // Writes as much of `bytes` as the output takes, waiting while it takes none (a pipe that nobody
  // empties) until `give_up_at`, which another thread may change meanwhile. Returns the number of
  // bytes written: fewer when time ran out or the output fails (disk full, reader gone). After
  // that, what follows begins on a line of its own.
  std::size_t write(std::string_view bytes, const std::atomic<TimePoint>& give_up_at);

 private:
  enum class Kind : std::uint8_t {
    kFile,    // Or a device like /dev/null: never waits.
    kSocket,  // Asked not to wait, per call.
    kPipe,    // Or a terminal: takes PIPE_BUF bytes without waiting once poll() says so.
  };

  explicit LogOutput(core::FileDescriptor fd);

  std::size_t write_all(std::string_view bytes, const std::atomic<TimePoint>& give_up_at);
  // The bytes taken; 0: none just now, ask again; -1: it fails.
  std::ptrdiff_t write_some(std::string_view bytes);
  bool wait_for_room(const std::atomic<TimePoint>& give_up_at) const;

  core::FileDescriptor fd_;
  Kind kind_ = Kind::kFile;
  bool is_mid_line_ = false;
};

}  // namespace yatagarasu::observability
