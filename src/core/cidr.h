#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::core {

// An IP address as 16 bytes; IPv4 is kept in its IPv4-mapped form, so that a client on a
// dual-stack socket and its plain IPv4 address are the same.
class IpAddress {
 public:
  IpAddress() = default;
  static std::optional<IpAddress> parse(std::string_view text);
  // Network byte order.
  static IpAddress from_v4(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

  bool is_v4() const;
  std::string to_string() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// A block of addresses: "10.0.0.0/8", "fd00::/8", or one address without a prefix length.
class Cidr {
 public:
  // Empty when it is none, also when bits beyond the prefix length are set.
  static std::optional<Cidr> parse(std::string_view text);

  bool contains(const IpAddress& address) const;
  std::string to_string() const;

  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  IpAddress network_;
  std::uint8_t prefix_bits_ = 128;  // Of the 128-bit form.
};

}  // namespace yatagarasu::core
