#include "devs3/content_type.h"

#include <gtest/gtest.h>

#include <string_view>

namespace yatagarasu::devs3 {
namespace {

TEST(ContentTypeTest, GoesByTheExtensionOfTheLastSegment) {
  struct Case {
    std::string_view key;
    std::string_view type;
  };
  for (const auto& [key, type] : {
           Case{"index.html", "text/html; charset=utf-8"},
           Case{"a/b.c/PHOTO.JPG", "image/jpeg"},
           Case{"archive.tar.gz", "application/gzip"},
           Case{"a.html/readme", "binary/octet-stream"},
           Case{"file.unknown", "binary/octet-stream"},
           Case{"file.", "binary/octet-stream"},
           Case{"file", "binary/octet-stream"},
           Case{"", "binary/octet-stream"},
       }) {
    EXPECT_EQ(content_type_of(key), type) << key;
  }
}

}  // namespace
}  // namespace yatagarasu::devs3
