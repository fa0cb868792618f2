#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>

// Numbers as the log writes them, put down where there is room for them. Each returns the end.
namespace yatagarasu::observability {

inline constexpr std::size_t kMaxNumber = 20;
inline constexpr std::size_t kMaxMilliseconds = kMaxNumber + 4;

inline char* put_number(char* at, std::uint64_t number) {
  return std::to_chars(at, at + kMaxNumber, number).ptr;
}

// With leading zeros; below 1,000.
inline char* put_three_digits(char* at, std::uint64_t number) {
  *at++ = static_cast<char>('0' + number / 100);
  *at++ = static_cast<char>('0' + number / 10 % 10);
  *at++ = static_cast<char>('0' + number % 10);
  return at;
}

// 12.345; never less than 0.
inline char* put_milliseconds(char* at, std::chrono::microseconds duration) {
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  at = put_number(at, count / 1000);
  *at++ = '.';
  return put_three_digits(at, count % 1000);
}

}  // namespace yatagarasu::observability
