#include "app/file_watch.h"

#include "core/file_descriptor.h"
#include "core/result.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/inotify.h>
#include <system_error>
#include <utility>

namespace yatagarasu::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;

// Links that lead to links: more than a mount has, fewer than a loop.
constexpr int kMaxLinks = 16;

}  // namespace

core::Result<FileWatch> FileWatch::open(std::string file) {
  core::FileDescriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (inotify.get() < 0) {
    return core::failure(core::ErrorCode::kSystem,
                         "inotify: " + std::generic_category().message(errno));
  }
  FileWatch watch(std::move(file), std::move(inotify));
  if (!watch.is_watching_) {
    return core::failure(core::ErrorCode::kSystem, "the directory of the file cannot be watched");
  }
  return watch;
}

FileWatch::FileWatch(std::string file, core::FileDescriptor inotify)
    : file_(std::move(file)), inotify_(std::move(inotify)) {
  watch_directories();
}

void FileWatch::take() {
  // Watches that are removed tell of that: a new set of them is quiet.
  inotify_ = core::FileDescriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  watch_directories();
}

// Those of the file and of every link on the way to it.
void FileWatch::watch_directories() {
  is_watching_ = false;
  std::error_code error;
  fs::path place = fs::absolute(file_, error);
  for (int links = 0; links < kMaxLinks && !place.empty(); ++links) {
    // A link may also be one of the directories: the one it is in is watched as well.
    for (fs::path at = place; at.has_relative_path(); at = at.parent_path()) {
      if (at != place && !fs::is_symlink(at, error)) continue;
      const int watch = ::inotify_add_watch(inotify_.get(), at.parent_path().c_str(), kChanges);
      is_watching_ = is_watching_ || watch >= 0;
    }
    if (!fs::is_symlink(place, error)) {
      const fs::path real = fs::canonical(place, error);
      if (error || real == place) break;
      place = real;
      continue;
    }
    const fs::path target = fs::read_symlink(place, error);
    place = target.is_absolute() ? target : place.parent_path() / target;
  }
}

}  // namespace yatagarasu::app
