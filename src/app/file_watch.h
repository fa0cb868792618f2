#pragma once

#include "core/file_descriptor.h"
#include "core/result.h"

#include <string>

namespace yatagarasu::app {

// Sees that a file may have changed: written in place, replaced by a rename, or reached by another
// way since a symbolic link on it was swapped, as Kubernetes does with mounted volumes.
//
// Threading: one thread. Network file systems tell nothing of what other machines do.
class FileWatch {
 public:
  // kSystem when the kernel gives no more watches.
  static core::Result<FileWatch> open(std::string file);

  // Readable when there is something to take.
  int descriptor() const { return inotify_.get(); }
  // Takes in what has happened, and watches wherever the file is now.
  void take();

 private:
  FileWatch(std::string file, core::FileDescriptor inotify);
  void watch_directories();

  std::string file_;
  core::FileDescriptor inotify_;
  bool is_watching_ = false;
};

}  // namespace yatagarasu::app
