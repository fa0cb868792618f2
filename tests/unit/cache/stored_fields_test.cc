#include "cache/policy/stored_fields.h"

#include "cache/policy/stored_response.h"
#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

constexpr std::string_view kLifetime = "Cache-Control: max-age=60\r\n";

std::string stored(Lines lines) {
  lines.emplace_back("Cache-Control", "max-age=60");
  return Answer{.lines = lines}.stored().fields;
}

std::string with_date(std::string_view lines) {
  return std::string(lines) + std::string(kLifetime) + "Date: " + date() + "\r\n";
}

TEST(StoredFieldsTest, EndToEndFieldsAreKeptInOrderWithTheirSpelling) {
  EXPECT_EQ(stored({{"Content-Type", "a/b"}, {"x-AMZ-meta-A", "1"}, {"ETag", "\"a\""}}),
            with_date("Content-Type: a/b\r\nx-AMZ-meta-A: 1\r\nETag: \"a\"\r\n"));
  EXPECT_EQ(stored({{"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"}}),
            with_date("Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n"));
}

TEST(StoredFieldsTest, Rfc9111Section31FieldsOfAConnectionAreNotStored) {
  EXPECT_EQ(stored({{"Connection", "a, b"},
                    {"a", "1"},
                    {"B", "2"},
                    {"c", "3"},
                    {"Keep-Alive", "x"},
                    {"Proxy-Connection", "x"},
                    {"Proxy-Authenticate", "x"},
                    {"Proxy-Authentication-Info", "x"},
                    {"Proxy-Authorization", "x"},
                    {"TE", "x"},
                    {"Trailer", "x"},
                    {"Transfer-Encoding", "x"},
                    {"Upgrade", "x"},
                    {"Content-Length", "9"},
                    {"Age", "0"}}),
            with_date("c: 3\r\n"));
}

TEST(StoredFieldsTest, Rfc9111Section5224NamedFieldsAreNotStored) {
  EXPECT_EQ(
      Answer({.lines = {{"Cache-Control", "max-age=9, no-cache=\"a, B\", private=c"},
                        {"A", "1"},
                        {"b", "2"},
                        {"c", "3"},
                        {"d", "4"},
                        {"Date", date()}}})
          .stored()
          .fields,
      "Cache-Control: max-age=9, no-cache=\"a, B\", private=c\r\nd: 4\r\nDate: " + date() + "\r\n");
}

TEST(StoredFieldsTest, Rfc9110Section661ADateIsAddedWhereThereIsNone) {
  EXPECT_EQ(stored({{"Date", date(std::chrono::seconds(-5))}}),
            "Date: " + date(std::chrono::seconds(-5)) + "\r\n" + std::string(kLifetime));
  EXPECT_EQ(stored({{"Date", "foo"}}), with_date(""));
}

TEST(StoredFieldsTest, AnEntryIsReadBackAsItWasWritten) {
  const StoredResponse written =
      Answer{.lines = {{"Cache-Control", "max-age=9"}, {"ETag", "\"abc\""}}}.stored();
  const std::string bytes = encode(written);
  const auto read = decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->fields, written.fields);
  EXPECT_EQ(read->etag(), "\"abc\"");
  EXPECT_EQ(read->metadata.fresh_until, written.metadata.fresh_until);
  EXPECT_EQ(read->metadata.status, 200);
  EXPECT_EQ(bytes.size(), sizeof(Metadata) + written.fields.size());
}

TEST(StoredFieldsTest, BytesThatAreNoEntryAreRefused) {
  StoredResponse written =
      Answer{.lines = {{"Cache-Control", "max-age=9"}, {"ETag", "\"abc\""}}}.stored();
  const std::string bytes = encode(written);
  EXPECT_FALSE(decode({}));
  EXPECT_FALSE(decode(std::string_view(bytes).substr(0, 39)));
  EXPECT_FALSE(decode(std::string_view(bytes).substr(0, 45)));
  written.metadata.format = 2;
  EXPECT_FALSE(decode(encode(written)));
}

TEST(StoredFieldsTest, ABlockThatIsCutShortYieldsItsWholeFields) {
  EXPECT_EQ(fields_of("A: 1\r\nB: 2").size(), 1U);
  EXPECT_EQ(fields_of("A").size(), 0U);
  EXPECT_EQ(fields_of("A: 1\r\nB: 2\r\n").get("b"), "2");
}

}  // namespace
}  // namespace yatagarasu::cache
