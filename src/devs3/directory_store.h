#pragma once

#include "core/file_descriptor.h"
#include "core/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::devs3 {

inline constexpr std::size_t kMaxKeyBytes = 1024;  // S3's limit.

// What an object is without its bytes.
struct ObjectMeta {
  std::uint64_t size = 0;
  std::chrono::sys_time<std::chrono::nanoseconds> modified;
  // Strong, with its quotes. Made of the file's identity, size and modification time rather than
  // of its bytes, and shaped like the ETag of a multipart upload, so that no client takes it for an
  // MD5.
  std::string etag;
};

struct StoredObject {
  core::FileDescriptor file;  // Open for reading.
  ObjectMeta meta;
};

// The regular files below a directory as objects: the key is the path below it, byte for byte.
//
// Nothing outside the directory is ever opened: keys with empty, "." or ".." segments or a NUL
// name no object, and the kernel refuses to leave the directory while it resolves the rest
// (openat2, RESOLVE_BENEATH), symbolic links included. Links that stay inside are followed.
//
// Calls block on the file system. Threading: const calls from any thread.
class DirectoryStore {
 public:
  // kSystem when it cannot be opened or is no directory.
  static core::Result<DirectoryStore> open(const std::string& directory);

  // kNotFound when the key names no regular file that can be read; kSystem when the process is
  // out of descriptors and the like.
  core::Result<StoredObject> get(std::string_view key) const;

  // The names in the directory of that path ("" or ending with "/"), sorted by their bytes with
  // directories ending in "/", which is the order of the keys below them. A directory that cannot
  // be read has none. kOverloaded when there are more than kMaxNames.
  core::Result<std::vector<std::string>> names_in(const std::string& path) const;

  static constexpr std::size_t kMaxNames = 100'000;

 private:
  explicit DirectoryStore(core::FileDescriptor root) : root_(std::move(root)) {}

  core::FileDescriptor root_;
};

}  // namespace yatagarasu::devs3
