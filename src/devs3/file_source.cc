#include "devs3/file_source.h"

#include "core/file_descriptor.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace yatagarasu::devs3 {

FileSource::FileSource(io::Loop& loop, core::FileDescriptor file, std::uint64_t offset,
                       std::uint64_t length)
    : file_(std::move(file)), offset_(offset), left_(length), buffer_(loop.buffers().take()) {}

io::Task<core::Result<std::string_view>> FileSource::next() {
  co_return read();
}

core::Result<std::string_view> FileSource::read() {
  if (left_ == 0) return std::string_view();

  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
  ssize_t got = -1;
  do {
    got = ::pread(file_.get(), buffer_.data(), wanted, static_cast<off_t>(offset_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return core::failure(core::ErrorCode::kSystem, std::generic_category().message(errno));
  }
  if (got == 0)
    return core::failure(core::ErrorCode::kSystem, "the file was cut while it was sent");

  const auto bytes = static_cast<std::size_t>(got);
  offset_ += bytes;
  left_ -= bytes;
  return std::string_view(buffer_.data(), bytes);
}

}  // namespace yatagarasu::devs3
