#pragma once

#include "core/file_descriptor.h"
#include "core/result.h"
#include "io/buffer_pool.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"

#include <cstdint>
#include <string_view>

namespace yatagarasu::devs3 {

// A span of an open file as a body, read piece by piece with one pooled buffer. The loop outlives
// it.
//
// Reads block the loop for as long as the file system takes. That is fit for a development server
// on local files and for nothing else.
class FileSource final : public io::ByteSource {
 public:
  FileSource(io::Loop& loop, core::FileDescriptor file, std::uint64_t offset, std::uint64_t length);

  // kSystem when the file cannot be read or ends before the span does.
  io::Task<core::Result<std::string_view>> next() override;

 private:
  core::Result<std::string_view> read();

  core::FileDescriptor file_;
  std::uint64_t offset_;
  std::uint64_t left_;
  io::BufferPool::Buffer buffer_;
};

}  // namespace yatagarasu::devs3
