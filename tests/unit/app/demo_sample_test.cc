#include "app/demo_sample.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace yatagarasu::app {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> read_all(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(directory).string()] =
        std::string(std::istreambuf_iterator<char>(stream), {});
  }
  return files;
}

TEST(DemoSampleTest, TheBinaryHoldsTheShippedFilesByteForByte) {
  std::map<std::string, std::string> embedded;
  for (const EmbeddedFile& file : embedded_sample()) embedded.emplace(file.name, file.bytes);

  EXPECT_EQ(embedded, read_all(YATAGARASU_SOURCE_DIR "/share/demo"));
}

TEST(DemoSampleTest, TheDirectoryHoldsThemAndALargeFile) {
  const auto sample = SampleDirectory::create();
  ASSERT_TRUE(sample.has_value());

  std::map<std::string, std::string> written = read_all(sample->path());

  const std::string large = written[std::string(SampleDirectory::kLargeName)];
  EXPECT_EQ(large.size(), 20U << 20U);
  EXPECT_EQ(large.substr(10'485'760, 16), "000000010485760\n");
  written.erase(std::string(SampleDirectory::kLargeName));
  EXPECT_EQ(written, read_all(YATAGARASU_SOURCE_DIR "/share/demo"));
}

TEST(DemoSampleTest, NothingIsLeftBehind) {
  std::string path;
  {
    auto sample = SampleDirectory::create();
    ASSERT_TRUE(sample.has_value());
    const SampleDirectory moved = std::move(*sample);
    path = moved.path();
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace yatagarasu::app
