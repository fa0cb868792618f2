#include "observability/request_id.h"

#include "core/ascii.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <sys/random.h>
#include <system_error>

namespace yatagarasu::observability {
namespace {

constexpr std::size_t kMaxIdLength = 128;

// xoshiro256++ (Blackman and Vigna), seeded by the kernel.
class Generator {
 public:
  Generator() {
    if (::getentropy(state_.data(), sizeof state_) != 0) {
      throw std::system_error(errno, std::generic_category(), "getentropy");
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace

NewRequestId new_request_id() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  static constexpr std::size_t kDigitsPerWord = 16;
  thread_local Generator generator;
  NewRequestId id{};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < id.size(); ++i, bits >>= 4U) {
    if (i % kDigitsPerWord == 0) bits = generator.next();
    id[i] = kDigits[bits & 15U];
  }
  return id;
}

bool is_sane_request_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength) return false;
  return std::ranges::all_of(id, [](char c) {
    return core::is_alpha(c) || core::is_digit(c) || std::string_view("._~:/+=@-").contains(c);
  });
}

}  // namespace yatagarasu::observability
