#include "s3/query.h"

#include "core/result.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {
namespace {

const std::vector<std::string> kAllowed = {"versionId", "partNumber", "odd name"};

struct QueryCase {
  std::string_view raw;
  std::string_view selected;
};

TEST(SelectQueryTest, TakesWhatIsAllowedInCanonicalForm) {
  constexpr QueryCase kCases[] = {
      {"", ""},
      {"&&", ""},
      {"=", ""},
      {"=7", ""},
      {"utm_source=mail", ""},
      {"versionId=7", "versionId=7"},
      {"versionId=7&utm_source=mail", "versionId=7"},
      {"utm_source=mail&versionId=7&", "versionId=7"},
      {"&versionId=7", "versionId=7"},
      // Sorted, so that one request has one key in a cache and one signature.
      {"versionId=7&partNumber=1", "partNumber=1&versionId=7"},
      {"versionId=b&versionId=a", "versionId=a&versionId=b"},
      // A name alone is signed with its equals sign.
      {"versionId", "versionId="},
      {"versionId=", "versionId="},
      {"versionId=a=b", "versionId=a%3Db"},
      // Names are compared decoded, and with their case.
      {"version%49d=7", "versionId=7"},
      {"odd%20name=1", "odd%20name=1"},
      {"versionid=7", ""},
      {"versionId%20=7", ""},
      {"odd+name=1", ""},
      // Decoded once, encoded by S3's rule.
      {"versionId=%61%2fb", "versionId=a%2Fb"},
      {"versionId=%2541", "versionId=%2541"},
      {"versionId=a+b", "versionId=a%2Bb"},
      {"versionId=a%26partNumber%3D1", "versionId=a%26partNumber%3D1"},
      {"versionId=%0d%0aX: y", "versionId=%0D%0AX%3A%20y"},
      {"versionId=a/b?c", "versionId=a%2Fb%3Fc"},
      // What is not sent on may be anything.
      {"%zz=1&versionId=7", "versionId=7"},
      {"version%4", ""},
      {"utm_source=%zz&versionId=7", "versionId=7"},
  };
  for (const QueryCase& each : kCases) {
    const core::Result<std::string> selected = select_query(each.raw, kAllowed);

    ASSERT_TRUE(selected.has_value()) << each.raw;
    EXPECT_EQ(*selected, each.selected) << each.raw;
  }
}

TEST(SelectQueryTest, AMalformedEscapeInAnAllowedValueIsTheClientsFault) {
  for (const std::string_view raw :
       {"versionId=%", "versionId=%4", "versionId=%zz", "versionId=%4g", "partNumber=1&versionId=%",
        "versionId=%&partNumber=1"}) {
    const core::Result<std::string> selected = select_query(raw, kAllowed);

    ASSERT_FALSE(selected.has_value()) << raw;
    EXPECT_EQ(selected.error().code, core::ErrorCode::kInvalidRequest) << raw;
  }
}

TEST(SelectQueryTest, NothingIsSentOnWhenNothingIsAllowed) {
  EXPECT_EQ(select_query("versionId=7&x=%zz", {}).value(), "");
}

}  // namespace
}  // namespace yatagarasu::s3
