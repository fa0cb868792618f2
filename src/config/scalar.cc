#include "config/scalar.h"

#include "core/ascii.h"
#include "core/byte_count.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace yatagarasu::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, the ones that are written before the ones that are only read.
constexpr std::array<Unit, 6> kSizeUnits = {{{"GiB", 1ULL << 30U},
                                             {"MiB", 1ULL << 20U},
                                             {"KiB", 1ULL << 10U},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"KB", 1'000}}};
constexpr std::array<Unit, 5> kTimeUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// A deadline so far off still fits the nanoseconds of the clocks.
constexpr std::chrono::days kLongestDuration{36'500};

// A number and its unit, as a multiple of the smallest.
template <class Units>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Units& units,
                                             std::uint64_t bare_factor) {
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, core::is_digit) - text.begin());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string_view unit = text.substr(digits);
  std::uint64_t factor = bare_factor;
  if (!unit.empty()) {
    const auto found = std::ranges::find(units, unit, &Unit::name);
    if (found == units.end()) return std::nullopt;
    factor = found->factor;
  }
  if (*number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return *number * factor;
}

template <class Units>
std::string format_with_unit(std::uint64_t value, const Units& units, std::string_view zero) {
  if (value == 0) return std::string(zero);
  for (const Unit& unit : units) {
    if (value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value);
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<core::ByteCount> parse_size(std::string_view text) {
  const auto bytes = parse_with_unit(text, kSizeUnits, 1);
  if (!bytes) return std::nullopt;
  return core::ByteCount{*bytes};
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto duration = parse_with_unit(text, kTimeUnits, 1'000);
  if (!duration || std::chrono::milliseconds(*duration) > kLongestDuration) return std::nullopt;
  return std::chrono::milliseconds(*duration);
}

boost::json::value parse_typed(const std::string& text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  const bool is_typed = !error && (value.is_number() || value.is_bool());
  return is_typed ? value : boost::json::value(text);
}

std::string format_size(core::ByteCount size) {
  return format_with_unit(size.bytes, kSizeUnits, "0");
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto value = static_cast<std::uint64_t>(duration.count());
  return format_with_unit(value, kTimeUnits, "0s");
}

}  // namespace yatagarasu::config
