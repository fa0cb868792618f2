#include "devs3/directory_store.h"

#include "core/file_descriptor.h"
#include "core/result.h"
#include "crypto/sha256.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>  // NOLINT(misc-include-cleaner): SYS_openat2, from a header below it.
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace yatagarasu::devs3 {
namespace {

using core::ErrorCode;

struct DirCloser {
  void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};
using DirHandle = std::unique_ptr<DIR, DirCloser>;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

// Opens `path` below `root` without ever leaving it; errno is set when it fails.
core::FileDescriptor open_beneath(int root, const std::string& path, std::uint64_t flags) {
  open_how how{};
  // O_NONBLOCK: a FIFO without a writer would hold the caller.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return core::FileDescriptor(
      static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

// Whether an error is about the process or the machine, not about this file.
bool is_systemic(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO || error == ENOSYS;
}

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes || key.contains('\0')) return false;
  while (true) {
    const auto slash = key.find('/');
    const std::string_view segment = key.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    key.remove_prefix(slash + 1);
  }
}

ObjectMeta meta_of(const struct stat& status) {
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  ObjectMeta meta;
  meta.size = static_cast<std::uint64_t>(status.st_size);
  meta.modified = std::chrono::sys_time<nanoseconds>(seconds(status.st_mtim.tv_sec) +
                                                     nanoseconds(status.st_mtim.tv_nsec));
  const std::string identity =
      fmt::format("{} {} {} {}.{}", status.st_dev, status.st_ino, status.st_size,
                  status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  meta.etag = fmt::format("\"{}-1\"", crypto::to_hex(crypto::sha256(identity)).substr(0, 32));
  return meta;
}

bool is_directory(int parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status{};
  return ::fstatat(parent, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

}  // namespace

core::Result<DirectoryStore> DirectoryStore::open(const std::string& directory) {
  core::FileDescriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) {
    return core::failure(ErrorCode::kSystem,
                         fmt::format("cannot open directory {}: {}", directory, error_text(errno)));
  }
  return DirectoryStore(std::move(root));
}

core::Result<StoredObject> DirectoryStore::get(std::string_view key) const {
  if (!is_key(key)) return core::failure(ErrorCode::kNotFound, "no such key");

  core::FileDescriptor file = open_beneath(root_.get(), std::string(key), 0);
  if (file.get() < 0) {
    const int error = errno;
    return core::failure(is_systemic(error) ? ErrorCode::kSystem : ErrorCode::kNotFound,
                         error_text(error));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return core::failure(ErrorCode::kSystem, error_text(errno));
  }
  if (!S_ISREG(status.st_mode)) return core::failure(ErrorCode::kNotFound, "not a regular file");
  return StoredObject{.file = std::move(file), .meta = meta_of(status)};
}

core::Result<std::vector<std::string>> DirectoryStore::names_in(const std::string& path) const {
  const std::string relative = path.empty() ? "." : path.substr(0, path.size() - 1);
  core::FileDescriptor descriptor = open_beneath(root_.get(), relative, O_DIRECTORY | O_NOFOLLOW);
  if (descriptor.get() < 0) {
    const int error = errno;
    if (is_systemic(error)) return core::failure(ErrorCode::kSystem, error_text(error));
    return std::vector<std::string>{};
  }
  const DirHandle dir(::fdopendir(descriptor.get()));
  if (!dir) return core::failure(ErrorCode::kSystem, error_text(errno));
  const int number = descriptor.release();  // The handle closes it.

  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kMaxNames) {
      return core::failure(ErrorCode::kOverloaded,
                           fmt::format("more than {} names in one directory", kMaxNames));
    }
    names.emplace_back(name);
    if (is_directory(number, *entry)) names.back() += '/';
  }
  std::ranges::sort(names);  // char_traits compares bytes as unsigned, as S3 does.
  return names;
}

}  // namespace yatagarasu::devs3
