#pragma once

#include "observability/decimal.h"
#include "observability/plain_bytes.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace yatagarasu::observability {

// The fields of one line of JSON whose texts stand for themselves, as those of most requests do. To
// be put down front to back in memory that is large enough (PlainJsonSize), and thrown away when
// is_plain() says in the end that a text needed more.
//
// All is inline and keys are literals, so that a key is a few stores and no text costs a call.
class PlainJson {
 public:
  explicit PlainJson(char* at) : at_(at) {}

  [[gnu::always_inline]] void field(std::string_view key, std::string_view text) {
    begin(key);
    put('"');
    put(text);
    put('"');
  }
  [[gnu::always_inline]] void field(std::string_view key, std::uint64_t number) {
    begin(key);
    at_ = put_number(at_, number);
  }
  [[gnu::always_inline]] void field(std::string_view key, std::chrono::microseconds duration) {
    begin(key);
    at_ = put_milliseconds(at_, duration);
  }

  char* end() const { return at_; }
  bool is_plain() const { return special_ == 0; }

 private:
  void put(char c) { *at_++ = c; }

  [[gnu::always_inline]] void begin(std::string_view key) {
    put(',');
    put('"');
    std::memcpy(at_, key.data(), key.size());
    at_ += key.size();
    put('"');
    put(':');
  }

  // Pieces may overlap.
  [[gnu::always_inline]] void put(std::string_view text) {
    const std::size_t size = text.size();
    if (size >= 8) {
      for (std::size_t i = 0; i + 8 < size; i += 8) copy<std::uint64_t>(text, i);
      copy<std::uint64_t>(text, size - 8);
    } else if (size >= 4) {
      copy<std::uint32_t>(text, 0);
      copy<std::uint32_t>(text, size - 4);
    } else {
      for (std::size_t i = 0; i < size; ++i) copy<std::uint8_t>(text, i);
    }
    at_ += size;
  }

  template <class Word>
  void copy(std::string_view text, std::size_t offset) {
    Word word = 0;
    std::memcpy(&word, text.data() + offset, sizeof word);
    std::memcpy(at_ + offset, &word, sizeof word);
    // Where there are no eight bytes, harmless ones take their place.
    constexpr std::uint64_t kMissing =
        sizeof word < 8 ? ~std::uint64_t{0} << (sizeof word % 8 * 8) : 0;
    special_ |= special_bytes(word | (kMissing & every_byte('x')));
  }

  char* at_;
  std::uint64_t special_ = 0;
};

// How much memory the same fields take at most.
class PlainJsonSize {
 public:
  void field(std::string_view key, std::string_view text) { add(key, text.size()); }
  void field(std::string_view key, std::uint64_t /*number*/) { add(key, kMaxNumber); }
  void field(std::string_view key, std::chrono::microseconds /*duration*/) {
    add(key, kMaxMilliseconds);
  }

  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kAround = 6;  // The comma, the colon and four quotes.

  void add(std::string_view key, std::size_t value) { bytes_ += key.size() + value + kAround; }

  std::size_t bytes_ = 0;
};

}  // namespace yatagarasu::observability
