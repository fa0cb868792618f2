#include "admin/purge_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace yatagarasu::admin {
namespace {

using ::testing::StartsWith;

TEST(PurgeRequestTest, NamesAnObjectAPrefixABucketOrEverything) {
  const auto object = parse_purge_request(R"({"bucket":"b","key":"a/ü"})");
  const auto prefix = parse_purge_request(R"( {"prefix":"a/", "bucket":"b"} )");
  const auto bucket = parse_purge_request(R"({"bucket":"b"})");
  const auto all = parse_purge_request(R"({"all":true})");

  ASSERT_TRUE(object && prefix && bucket && all);
  EXPECT_EQ(object->bucket, "b");
  EXPECT_EQ(object->key, "a/ü");
  EXPECT_EQ(object->prefix, std::nullopt);
  EXPECT_EQ(prefix->prefix, "a/");
  EXPECT_EQ(prefix->key, std::nullopt);
  EXPECT_EQ(bucket->bucket, "b");
  EXPECT_TRUE(!bucket->key && !bucket->prefix);
  EXPECT_EQ(all->bucket, "");
}

struct BadPurge {
  const char* body;
  const char* problem;
};

class BadPurgeTest : public ::testing::TestWithParam<BadPurge> {};

TEST_P(BadPurgeTest, IsAnErrorThatSaysWhatIsWrong) {
  const auto parsed = parse_purge_request(GetParam().body);

  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error(), StartsWith(std::string(GetParam().problem) + "; a purge is {"));
}

constexpr const char* kNoObject = "the body is no JSON object, or names a member twice";

INSTANTIATE_TEST_SUITE_P(
    Table, BadPurgeTest,
    ::testing::Values(
        BadPurge{"", kNoObject}, BadPurge{"all", kNoObject}, BadPurge{"[]", kNoObject},
        BadPurge{R"({"all":true)", kNoObject}, BadPurge{R"({"all":true} x)", kNoObject},
        BadPurge{R"({"bucket":"a","bucket":"b"})", kNoObject},
        BadPurge{"{}", "the body names no bucket"},
        BadPurge{R"({"key":"k"})", "the body names no bucket"},
        BadPurge{R"({"prefix":"p"})", "the body names no bucket"},
        BadPurge{R"({"all":false})", "`all` must be true"},
        BadPurge{R"({"all":1})", "`all` must be true"},
        BadPurge{R"({"all":true,"bucket":"b"})", "`all` stands alone"},
        BadPurge{R"({"bucket":"b","key":"k","prefix":"p"})",
                 "`key` and `prefix` exclude each other"},
        BadPurge{R"({"bucket":"b","keys":"k"})", "`keys` is not a member of a purge"},
        BadPurge{R"({"bucket":1})", "`bucket` must be a text that is not empty"},
        BadPurge{R"({"bucket":""})", "`bucket` must be a text that is not empty"},
        BadPurge{R"({"bucket":"b","key":null})", "`key` must be a text that is not empty"},
        BadPurge{R"({"bucket":"b","prefix":""})", "`prefix` must be a text that is not empty"}));

}  // namespace
}  // namespace yatagarasu::admin
