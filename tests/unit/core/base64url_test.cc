#include "core/base64url.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace yatagarasu::core {
namespace {

using std::string_view_literals::operator""sv;

struct Pair {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648 §10 without padding, RFC 7515 appendix C, and the two characters that are base64url's.
constexpr Pair kPairs[] = {{"", ""},
                           {"f", "Zg"},
                           {"fo", "Zm8"},
                           {"foo", "Zm9v"},
                           {"foob", "Zm9vYg"},
                           {"fooba", "Zm9vYmE"},
                           {"foobar", "Zm9vYmFy"},
                           {"\x03\xEC\xFF\xE0\xC1"sv, "A-z_4ME"},
                           {"\xFF\xFF\xFF"sv, "____"},
                           {"\xFB\xEF\xBE"sv, "----"},
                           {"\0"sv, "AA"},
                           {"\0\0\0"sv, "AAAA"}};

TEST(Base64urlTest, BytesHaveOneText) {
  for (const Pair& pair : kPairs) {
    EXPECT_EQ(encode_base64url(pair.bytes), pair.text);
    EXPECT_EQ(decode_base64url(pair.text), pair.bytes) << pair.text;
  }
}

TEST(Base64urlTest, WhatNoEncoderWritesIsRefused) {
  for (const std::string_view text : {"A"sv,            // No length that bytes have.
                                      "AAAAA"sv,        //
                                      "Zh"sv,           // Left-over bits.
                                      "Zm9"sv,          //
                                      "__"sv,           //
                                      "Zg=="sv,         // Padding.
                                      "Zm8="sv,         //
                                      "="sv,            //
                                      "A+z/4ME"sv,      // The other alphabet.
                                      "Zm 9v"sv,        // White space.
                                      "Zm9v\n"sv,       //
                                      " Zm9v"sv,        //
                                      "Zm9v\0"sv,       //
                                      "Zm9\xC3\xBC"sv,  // No ASCII.
                                      "Zm9v.Zm9v"sv, "Zm9v%20"sv}) {
    EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
  }
}

TEST(Base64urlTest, EveryByteComesBack) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view part = std::string_view(bytes).substr(bytes.size() - size);
    EXPECT_EQ(decode_base64url(encode_base64url(part)), part);
  }
}

// Of the 4096 texts of two characters those that decode are as many as there are bytes.
TEST(Base64urlTest, NoTwoTextsMeanTheSame) {
  std::set<std::string> seen;
  int decoded = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      if (const auto bytes = decode_base64url(text)) {
        ++decoded;
        EXPECT_TRUE(seen.insert(*bytes).second) << text;
      }
    }
  }
  EXPECT_EQ(decoded, 256);
}

}  // namespace
}  // namespace yatagarasu::core
