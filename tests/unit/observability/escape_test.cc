#include "observability/escape.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::observability {
namespace {

std::string escaped(std::string_view bytes) {
  std::string out;
  append_escaped(out, bytes);
  return out;
}

std::string text_value(std::string_view bytes) {
  std::string out;
  append_text_value(out, bytes);
  return out;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

struct EscapeCase {
  std::string_view bytes;
  std::string_view expected;
};

TEST(EscapeTest, WritesWhatJsonAndTerminalsMisreadAsEscapes) {
  const std::vector<EscapeCase> cases = {
      {"", ""},
      {"plain text/with=ascii", "plain text/with=ascii"},
      {"say \"hi\"", R"(say \"hi\")"},
      {R"(back\slash)", R"(back\\slash)"},
      {"a\r\nb\tc", R"(a\r\nb\tc)"},
      {std::string_view("nul\0nul", 7), R"(nul\u0000nul)"},
      {"\x1b[31mred", R"(\u001b[31mred)"},
      {"delete\x7f", R"(delete\u007f)"},
      {"a quote behind eight plain bytes\"", R"(a quote behind eight plain bytes\")"},
      {"\xC2\x9B"
       "31m",
       R"(\u009b31m)"},
      {"\xE2\x80\xA8line", R"(\u2028line)"},
      {"\xE2\x80\xAEoverride", R"(\u202eoverride)"},
      {"\xE2\x81\xA6isolate", R"(\u2066isolate)"},
  };
  for (const EscapeCase& c : cases) EXPECT_EQ(escaped(c.bytes), c.expected) << c.expected;
}

TEST(EscapeTest, KeepsWellFormedUtf8) {
  for (const std::string_view text : {"caf\xC3\xA9", "\xE3\x82\xAB\xE3\x83\xA9\xE3\x82\xB9",
                                      "\xF0\x9F\x90\xA6", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
    EXPECT_EQ(escaped(text), text);
  }
}

TEST(EscapeTest, ReplacesEachByteThatBelongsToNoUtf8Sequence) {
  const std::vector<EscapeCase> cases = {
      {"a\xFFz", "a\uFFFDz"},
      {"\x80", "\uFFFD"},
      {"\xC3", "\uFFFD"},                                // Cut short.
      {"\xC3(", "\uFFFD("},                              // No continuation.
      {"\xC0\xAF", "\uFFFD\uFFFD"},                      // Overlong.
      {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},            // Overlong.
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // A surrogate.
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // Above U+10FFFF.
      {"\xF8\x88\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
  };
  for (const EscapeCase& c : cases) EXPECT_EQ(escaped(c.bytes), c.expected) << c.expected;
}

// Whether `bytes` become a JSON string on one line, which reads as `bytes` when these are ASCII.
bool survives_as_json(const std::string& bytes) {
  std::string quoted;
  append_quoted(quoted, bytes);
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(quoted, error);
  if (error || std::ranges::any_of(quoted, is_control)) return false;
  return !std::ranges::all_of(bytes, is_ascii) || std::string_view(parsed.as_string()) == bytes;
}

TEST(EscapeTest, MakesAValidJsonStringOfEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {'x', static_cast<char>(first), static_cast<char>(second)};
      ASSERT_TRUE(survives_as_json(bytes)) << first << ' ' << second;
    }
  }
}

TEST(EscapeTest, QuotesATextValueOnlyWhereItCouldBeMisread) {
  const std::vector<EscapeCase> cases = {
      {"/a/b.txt", "/a/b.txt"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {"a\nb", R"("a\nb")"},
      {"\"q\"", R"("\"q\"")"},
      {"caf\xC3\xA9", "\"caf\xC3\xA9\""},
  };
  for (const EscapeCase& c : cases) EXPECT_EQ(text_value(c.bytes), c.expected);
}

}  // namespace
}  // namespace yatagarasu::observability
