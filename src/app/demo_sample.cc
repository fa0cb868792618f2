#include "app/demo_sample.h"

#include "core/byte_count.h"
#include "core/result.h"

#include <fmt/core.h>

#include <cerrno>
#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace yatagarasu::app {
namespace {

constexpr core::ByteCount kLargeSize = core::mib(20);

// Bytes that tell their position, so that a range shows at a glance whether it is the right one.
std::string make_large() {
  std::string bytes;
  bytes.reserve(kLargeSize.bytes);
  while (bytes.size() < kLargeSize.bytes) bytes += fmt::format("{:015}\n", bytes.size());
  return bytes;
}

}  // namespace

core::Result<SampleDirectory> SampleDirectory::create() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) {
    return core::failure(core::ErrorCode::kSystem, "no temporary directory: " + error.message());
  }
  std::string pattern = (parent / "yatagarasu-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return core::failure(core::ErrorCode::kSystem,
                         fmt::format("cannot make a directory in {}: {}", parent.string(),
                                     std::generic_category().message(errno)));
  }
  SampleDirectory sample{std::filesystem::path(pattern)};
  for (const EmbeddedFile& file : embedded_sample()) {
    if (auto written = sample.write(file.name, file.bytes); !written) {
      return std::unexpected(std::move(written.error()));
    }
  }
  if (auto written = sample.write(kLargeName, make_large()); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return sample;
}

SampleDirectory::~SampleDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;  // What cannot be removed stays in the temporary directory.
  std::filesystem::remove_all(path_, ignored);
}

core::Result<void> SampleDirectory::write(std::string_view name, std::string_view bytes) const {
  const std::filesystem::path file = path_ / name;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (error || !stream) {
    return core::failure(core::ErrorCode::kSystem, "cannot write " + file.string());
  }
  return {};
}

}  // namespace yatagarasu::app
