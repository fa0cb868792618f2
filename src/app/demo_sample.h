#pragma once

#include "core/result.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::app {

struct EmbeddedFile {
  std::string_view name;  // The path below the sample's directory.
  std::string_view bytes;
};

// The files of share/demo, built into the binary so that the demo works wherever it is run. Static.
std::span<const EmbeddedFile> embedded_sample();

// The sample in a fresh temporary directory, removed with everything in it when it goes: the
// embedded files, and one of 20 MiB made on the spot.
class SampleDirectory {
 public:
  static constexpr std::string_view kLargeName = "large/20-mib.bin";

  // kSystem when it cannot be written; nothing is left behind then.
  static core::Result<SampleDirectory> create();

  SampleDirectory(SampleDirectory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  SampleDirectory& operator=(SampleDirectory&&) = delete;
  ~SampleDirectory();

  std::string path() const { return path_.string(); }

 private:
  explicit SampleDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  core::Result<void> write(std::string_view name, std::string_view bytes) const;

  std::filesystem::path path_;  // Empty once moved from.
};

}  // namespace yatagarasu::app
