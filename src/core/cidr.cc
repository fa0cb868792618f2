#include "core/cidr.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>

namespace yatagarasu::core {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kV4Offset = 96;  // Bits in front of an IPv4 address in its mapped form.

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned index) {
  return ((bytes[index / 8] >> (7U - index % 8)) & 1U) != 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return from_v4(v4);
  std::array<std::uint8_t, 16> v6{};
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return from_v6(v6);
  return std::nullopt;
}

IpAddress IpAddress::from_v4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  std::ranges::copy(kV4Mapped, address.bytes_.begin());
  std::ranges::copy(bytes, address.bytes_.begin() + kV4Mapped.size());
  return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

bool IpAddress::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), bytes_.begin());
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!is_v4()) {
    ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
  }
  // By hand: the library's goes through printf, and every request's log line has one.
  char* end = text.data();
  for (std::size_t i = kV4Mapped.size(); i < bytes_.size(); ++i) {
    if (i > kV4Mapped.size()) *end++ = '.';
    end = std::to_chars(end, text.data() + text.size(), bytes_[i]).ptr;
  }
  return {text.data(), end};
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto network = IpAddress::parse(text.substr(0, slash));
  if (!network) return std::nullopt;
  Cidr cidr;
  cidr.network_ = *network;
  if (slash == std::string_view::npos) return cidr;

  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const unsigned longest = network->is_v4() ? 32 : 128;
  if (error != std::errc{} || end != digits.data() + digits.size() || length > longest)
    return std::nullopt;
  cidr.prefix_bits_ = static_cast<std::uint8_t>(network->is_v4() ? length + kV4Offset : length);
  for (unsigned index = cidr.prefix_bits_; index < 128; ++index) {
    if (bit(network->bytes(), index)) return std::nullopt;
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  for (unsigned index = 0; index < prefix_bits_; ++index) {
    if (bit(network_.bytes(), index) != bit(address.bytes(), index)) return false;
  }
  return true;
}

std::string Cidr::to_string() const {
  const unsigned length = network_.is_v4() ? prefix_bits_ - kV4Offset : prefix_bits_;
  return network_.to_string() + "/" + std::to_string(length);
}

}  // namespace yatagarasu::core
