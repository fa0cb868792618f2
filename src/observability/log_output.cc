#include "observability/log_output.h"

#include "core/file_descriptor.h"
#include "core/result.h"

#include <fmt/core.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace yatagarasu::observability {
namespace {

// How long a change of `give_up_at` may go unnoticed while the output takes nothing.
constexpr std::chrono::milliseconds kLookAgain{50};

core::FileDescriptor duplicate(int fd) {
  return core::FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

core::FileDescriptor open_descriptor(const std::string& output) {
  if (output == "stdout") return duplicate(STDOUT_FILENO);
  if (output == "stderr") return duplicate(STDERR_FILENO);
  static constexpr int kReadableByGroup = 0640;
  // O_NONBLOCK: opening a named pipe without a reader fails, and does not wait for one.
  return core::FileDescriptor(
      ::open(output.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
             kReadableByGroup));
}

// At most `limit` bytes, up to the end of a line where there is one: others may write to the same
// pipe, and what is written at once stays together there.
std::string_view first_lines(std::string_view bytes, std::size_t limit) {
  if (bytes.size() <= limit) return bytes;
  const std::size_t newline = bytes.rfind('\n', limit - 1);
  return bytes.substr(0, newline == std::string_view::npos ? limit : newline + 1);
}

}  // namespace

core::Result<LogOutput> LogOutput::open(const std::string& output) {
  core::FileDescriptor fd = open_descriptor(output);
  if (!fd) {
    const std::error_code error(errno, std::generic_category());
    return core::failure(core::ErrorCode::kSystem,
                         fmt::format("cannot open the log {}: {}", output, error.message()));
  }
  return LogOutput(std::move(fd));
}

LogOutput::LogOutput(core::FileDescriptor fd) : fd_(std::move(fd)) {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::kSocket;
  } else if (S_ISFIFO(status.st_mode) || ::isatty(fd_.get()) == 1) {
    kind_ = Kind::kPipe;
  }
}

std::size_t LogOutput::write(std::string_view bytes, const std::atomic<TimePoint>& give_up_at) {
  if (bytes.empty()) return 0;
  if (is_mid_line_ && write_all("\n", give_up_at) == 0) return 0;
  const std::size_t written = write_all(bytes, give_up_at);
  is_mid_line_ = written != 0 && bytes[written - 1] != '\n';
  return written;
}

std::size_t LogOutput::write_all(std::string_view bytes, const std::atomic<TimePoint>& give_up_at) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    if (kind_ != Kind::kFile && !wait_for_room(give_up_at)) break;
    const std::ptrdiff_t taken = write_some(bytes.substr(written));
    if (taken < 0) break;
    written += static_cast<std::size_t>(taken);
  }
  return written;
}

std::ptrdiff_t LogOutput::write_some(std::string_view bytes) {
  ssize_t taken = -1;
  switch (kind_) {
    case Kind::kFile: taken = ::write(fd_.get(), bytes.data(), bytes.size()); break;
    case Kind::kSocket:
      taken = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      break;
    case Kind::kPipe: {
      const std::string_view lines = first_lines(bytes, PIPE_BUF);
      taken = ::write(fd_.get(), lines.data(), lines.size());
      break;
    }
  }
  if (taken >= 0) return taken;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

bool LogOutput::wait_for_room(const std::atomic<TimePoint>& give_up_at) const {
  pollfd waiting{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  while (give_up_at.load() > std::chrono::steady_clock::now()) {
    // A reader that has gone is an event too; the write then fails.
    if (::poll(&waiting, 1, static_cast<int>(kLookAgain.count())) > 0) return true;
  }
  return false;
}

}  // namespace yatagarasu::observability
