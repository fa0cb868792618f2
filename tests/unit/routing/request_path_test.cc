#include "routing/request_path.h"

#include "core/result.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::routing {
namespace {

using core::ErrorCode;
using core::Result;

std::optional<std::string> normalized(std::string_view raw) {
  std::string scratch = "left over from another path";
  const Result<std::string_view> path = normalize_request_path(raw, scratch);
  if (!path) return std::nullopt;
  return std::string(*path);
}

std::optional<ErrorCode> refusal(std::string_view raw) {
  std::string scratch;
  const Result<std::string_view> path = normalize_request_path(raw, scratch);
  return path ? std::nullopt : std::optional(path.error().code);
}

struct PathCase {
  std::string_view raw;
  std::string_view expected;
};

TEST(RequestPathTest, DecodesOnceAndCollapsesSlashes) {
  const std::vector<PathCase> cases = {
      {"/", "/"},
      {"/a/b.txt", "/a/b.txt"},
      {"/a/b/", "/a/b/"},  // The slash at the end belongs to the key.
      {"/a%20b", "/a b"},
      {"/a+b", "/a+b"},  // A plus is a plus.
      {"/caf%C3%A9", "/caf\xC3\xA9"},
      {"/%c3%a9", "/\xC3\xA9"},
      {"/100%25", "/100%"},
      {"/a%252Fb", "/a%2Fb"},  // Once, not twice.
      {"/a%252e%252e/b", "/a%2e%2e/b"},
      {"/%41%5A", "/AZ"},
      {"//", "/"},
      {"//a", "/a"},
      {"/a//b", "/a/b"},
      {"/a////b//", "/a/b/"},
      {"/a%2Fb", "/a/b"},   // An escaped slash is a slash,
      {"/a/%2Fb", "/a/b"},  // and is collapsed like one.
      {"/a%2f%2Fb", "/a/b"},
      {"/%2F", "/"},
      {"/a%3Fb%23c", "/a?b#c"},
      {"/a\\..\\b", "/a\\..\\b"},  // A backslash separates nothing.
      {"/%ff%FE", "/\xFF\xFE"},
  };
  for (const PathCase& c : cases) EXPECT_EQ(normalized(c.raw), c.expected) << c.raw;
}

TEST(RequestPathTest, KeepsDotsThatAreNoDotSegments) {
  for (const std::string_view path : {"/.well-known", "/...", "/a/...", "/.../a", "/..a", "/a..",
                                      "/a.", "/.a/b", "/a./b", "/a../b", "/..a/..b", "/a.b/.c"}) {
    EXPECT_EQ(normalized(path), path);
  }
}

TEST(RequestPathTest, RefusesADotSegmentHoweverItIsWritten) {
  for (const std::string_view path :
       {"/.",         "/..",         "/./",     "/../",   "/a/.",        "/a/..",
        "/a/./b",     "/a/../b",     "/../a",   "//..",   "/a//../b",    "/%2e",
        "/%2E%2e/a",  "/.%2e/a",     "/%2e./a", "/a/%2e", "/a%2f..%2fb", "/a/..%2Fb",
        "/a%2F.%2Fb", "/a%2f%2e%2e", "/.a/..",  "/.../."}) {
    EXPECT_EQ(refusal(path), ErrorCode::kInvalidRequest) << path;
  }
}

TEST(RequestPathTest, RefusesAMalformedEscape) {
  for (const std::string_view path : {"/%", "/a%", "/a%2", "/a%2/b", "/%zz", "/%2g", "/%g2",
                                      "/% 41", "/%%41", "/a%u0041", "/%+1", "/%-1", "/%0x"}) {
    EXPECT_EQ(refusal(path), ErrorCode::kInvalidRequest) << path;
  }
}

TEST(RequestPathTest, RefusesNul) {
  EXPECT_EQ(refusal("/a%00b"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal("/a%00"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal(std::string_view("/a\0b", 4)), ErrorCode::kInvalidRequest);
}

TEST(RequestPathTest, RefusesWhatDoesNotBeginWithASlash) {
  for (const std::string_view path : {"", "*", "a", "a/b", "%2Fa", "http://host/a"}) {
    EXPECT_EQ(refusal(path), ErrorCode::kInvalidRequest) << path;
  }
}

TEST(RequestPathTest, LetsEveryByteButNulThrough) {
  for (int byte = 1; byte < 256; ++byte) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned>(byte);
    const std::string raw = {'/', 'x', '%', kDigits[value >> 4U], kDigits[value & 15U], 'y'};
    const std::string expected = {'/', 'x', static_cast<char>(byte), 'y'};
    EXPECT_EQ(normalized(raw), expected) << raw;
  }
}

// `middle` between plain bytes, so many in front of it and so many behind.
std::string surrounded(std::string_view middle, std::size_t before, std::size_t behind) {
  std::string path = "/";
  path.append(before, 'a').append(middle);
  if (behind != 0) path.append("/").append(behind, 'b');
  return path;
}

TEST(RequestPathTest, DecodesAndCollapsesAtEveryOffset) {
  for (std::size_t i = 0; i < 400; ++i) {
    const auto path = [i](std::string_view middle) { return surrounded(middle, i / 20, i % 20); };
    EXPECT_EQ(normalized(path("x%20y")), path("x y"));
    EXPECT_EQ(normalized(path("x//y")), path("x/y"));
    EXPECT_EQ(normalized(path("x/.y")), path("x/.y"));
  }
}

TEST(RequestPathTest, RefusesAtEveryOffset) {
  for (std::size_t i = 0; i < 400; ++i) {
    for (const std::string_view middle : {std::string_view("x/.."), std::string_view("x/."),
                                          std::string_view("\0", 1), std::string_view("%0")}) {
      const std::string path = surrounded(middle, i / 20, i % 20);
      EXPECT_EQ(refusal(path), ErrorCode::kInvalidRequest) << path;
    }
  }
}

TEST(RequestPathTest, ViewsTheRequestWhereNothingHasToChange) {
  const std::string_view raw = "/products/.hidden/a.txt";
  std::string scratch;

  const Result<std::string_view> path = normalize_request_path(raw, scratch);

  ASSERT_TRUE(path);
  EXPECT_EQ(path->data(), raw.data());
  EXPECT_TRUE(scratch.empty());
}

}  // namespace
}  // namespace yatagarasu::routing
