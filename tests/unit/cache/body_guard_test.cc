#include "cache/body_guard.h"

#include "core/result.h"
#include "http/fields.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

constexpr std::string_view kBody = "123456789";
constexpr std::string_view kCrc32 = "y/Q5Jg==";
constexpr std::string_view kOtherCrc32 = "y/Q5Jw==";

struct Promise {
  std::string_view name;
  std::string_view value;
  std::string_view type = "FULL_OBJECT";
  std::optional<std::uint64_t> length = kBody.size();
};

BodyGuard make_guard(const Promise& promise) {
  http::Fields head;
  head.add("Content-Type", "text/plain");
  if (!promise.name.empty()) head.add(promise.name, promise.value);
  head.add("x-amz-checksum-type", promise.type);
  return {head, promise.length};
}

bool accepts(BodyGuard guard, std::string_view body = kBody) {
  for (const char& byte : body) {
    if (!guard.add(std::string_view(&byte, 1))) return false;
  }
  return guard.finish().has_value();
}

TEST(BodyGuardTest, ABodyOfThePromisedLengthIsWhole) {
  EXPECT_TRUE(accepts(make_guard({})));
}

TEST(BodyGuardTest, AShorterBodyIsNot) {
  BodyGuard guard = make_guard({});

  EXPECT_TRUE(guard.add("12345678"));
  EXPECT_FALSE(guard.is_complete());
  const auto end = guard.finish();

  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, core::ErrorCode::kOriginMalformed);
}

TEST(BodyGuardTest, AByteMoreThanPromisedIsRefusedAsItComes) {
  BodyGuard guard = make_guard({});

  EXPECT_TRUE(guard.add(kBody));
  EXPECT_TRUE(guard.is_complete());
  EXPECT_FALSE(guard.add("0"));
}

TEST(BodyGuardTest, EveryChecksumOfTheWholeObjectIsCompared) {
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-crc32", kCrc32})));
  EXPECT_TRUE(accepts(make_guard({"X-Amz-Checksum-CRC32C", "4waSgw=="})));
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="})));
  EXPECT_TRUE(accepts(
      make_guard({"x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="})));
  EXPECT_FALSE(accepts(make_guard({"x-amz-checksum-crc32", kOtherCrc32})));
  EXPECT_FALSE(accepts(make_guard({"x-amz-checksum-crc32c", kCrc32})));
  EXPECT_FALSE(accepts(make_guard({"x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="})));
  EXPECT_FALSE(accepts(
      make_guard({"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="})));
}

TEST(BodyGuardTest, ThePieceThatCompletesAWrongBodyIsRefused) {
  BodyGuard guard = make_guard({"x-amz-checksum-crc32", kOtherCrc32});

  EXPECT_TRUE(guard.add("12345678"));
  EXPECT_FALSE(guard.add("9"));
}

TEST(BodyGuardTest, WithoutALengthTheEndComparesTheChecksum) {
  BodyGuard guard = make_guard({"x-amz-checksum-crc32", kOtherCrc32, "FULL_OBJECT", std::nullopt});

  EXPECT_TRUE(guard.add(kBody));
  EXPECT_FALSE(guard.finish());
}

TEST(BodyGuardTest, AnEmptyBodyIsComparedToo) {
  EXPECT_FALSE(accepts(make_guard({"x-amz-checksum-crc32", kOtherCrc32, "FULL_OBJECT", 0}), ""));
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-crc32", "AAAAAA==", "FULL_OBJECT", 0}), ""));
}

TEST(BodyGuardTest, ChecksumsOfPartsAreIgnored) {
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-crc32", "y/Q5Jw==-3"})));
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-crc32", kOtherCrc32, "COMPOSITE"})));
}

TEST(BodyGuardTest, AValueThatIsNoChecksumIsIgnored) {
  EXPECT_TRUE(accepts(make_guard({"x-amz-checksum-crc32", "none"})));
}

}  // namespace
}  // namespace yatagarasu::cache
