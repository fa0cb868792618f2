#include "http/codec/hpack_encoder.h"

#include "core/ascii.h"
#include "http/hop_by_hop.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

// The names of the static table (RFC 7541 appendix A) that answers have.
struct StaticName {
  std::string_view name;
  std::size_t index;
};
constexpr auto kStaticNames = std::to_array<StaticName>({
    {"accept-ranges", 18},
    {"access-control-allow-origin", 20},
    {"age", 21},
    {"allow", 22},
    {"cache-control", 24},
    {"content-disposition", 25},
    {"content-encoding", 26},
    {"content-language", 27},
    {"content-length", 28},
    {"content-location", 29},
    {"content-range", 30},
    {"content-type", 31},
    {"date", 33},
    {"etag", 34},
    {"expires", 36},
    {"last-modified", 44},
    {"link", 45},
    {"location", 46},
    {"retry-after", 53},
    {"server", 54},
    {"strict-transport-security", 56},
    {"vary", 59},
    {"via", 60},
    {"www-authenticate", 61},
});
constexpr std::size_t kStaticEntries = 61;
constexpr std::size_t kStatusName = 8;

// Statuses that the static table has whole.
constexpr std::size_t static_index_of(int status) {
  switch (status) {
    case 200: return 8;
    case 204: return 9;
    case 206: return 10;
    case 304: return 11;
    case 400: return 12;
    case 404: return 13;
    case 500: return 14;
    default: return 0;
  }
}

// The first bits of each kind of field (§6).
constexpr unsigned kIndexed = 0x80;
constexpr unsigned kWithIndexing = 0x40;
constexpr unsigned kTableSize = 0x20;
constexpr unsigned kWithoutIndexing = 0x00;

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
}

constexpr std::string_view kBetween = ": ";
constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

std::size_t HpackEncoder::cost_of(std::string_view line) {
  return line.size() - kBetween.size() + kEntryCost;
}

void HpackEncoder::limit_table(std::uint32_t bytes) {
  limit_ = std::min<std::size_t>(bytes, kMaxTable);
  smallest_limit_ = std::min(smallest_limit_, limit_);
}

void HpackEncoder::begin(std::string& block) {
  block_ = &block;
  guess_ = &first_guess_;
  // §4.2: also a limit that has been raised again meanwhile has thrown out what was above it.
  if (smallest_limit_ < std::min(told_limit_, limit_)) {
    put_number(kTableSize, 5, smallest_limit_);
    shrink_to(smallest_limit_);
    told_limit_ = smallest_limit_;
  }
  if (told_limit_ != limit_) put_number(kTableSize, 5, limit_);
  shrink_to(limit_);
  told_limit_ = smallest_limit_ = limit_;
}

void HpackEncoder::add_status(int status) {
  if (const std::size_t index = static_index_of(status); index != 0) {
    put_number(kIndexed, 7, index);
    return;
  }
  std::array<char, 16> text{};
  put_number(kWithoutIndexing, 4, kStatusName);
  put_text({text.data(), std::to_chars(text.begin(), text.end(), status).ptr});
}

void HpackEncoder::add_lines(std::string_view wire) {
  while (!wire.empty()) {
    const std::uint32_t id = *guess_;
    const Entry* const guess = entry(id);
    const bool is_right = guess != nullptr && wire.starts_with(guess->line) &&
                          wire.substr(guess->line.size()).starts_with('\r');
    const std::size_t size = is_right ? guess->line.size() : wire.find('\r');
    if (is_right) {
      put_entry(id);
    } else {
      add_line(wire.substr(0, size));
    }
    wire.remove_prefix(size + kLineEnd.size());
  }
}

void HpackEncoder::add_line(std::string_view line) {
  const std::uint32_t hash = hash_of(line);
  Place& place = places_[hash % kPlaces];
  if (const Entry* const known = entry(place.id); known != nullptr && known->line == line) {
    put_entry(place.id);
    return;
  }
  const std::string_view name = line.substr(0, line.find(':'));
  if (is_connection_specific(name)) return;
  const std::string_view value = line.substr(name.size() + kBetween.size());
  const std::size_t name_index = find_name(name);
  // One line does not push out half of the others.
  const bool fits = cost_of(line) <= limit_ / 4;
  const bool enters = fits && (name_index == 0 || place.left_out_hash == hash);
  put_number(enters ? kWithIndexing : kWithoutIndexing, enters ? 6 : 4, name_index);
  if (name_index == 0) put_name(name);
  put_text(value);
  if (enters) {
    insert(line, name, place);
  } else {
    place.left_out_hash = hash;
  }
}

void HpackEncoder::add_field(std::string_view name, std::string_view value) {
  line_ = name;
  line_ += kBetween;
  line_ += value;
  add_line(line_);
}

void HpackEncoder::put_entry(std::uint32_t id) {
  put_number(kIndexed, 7, index_of(id));
  *guess_ = id;
  guess_ = &ring_[id % kMaxEntries].next;
}

const HpackEncoder::Entry* HpackEncoder::entry(std::uint32_t id) const {
  // Ids wrap around.
  return next_id_ - id - 1 < count_ ? &ring_[id % kMaxEntries] : nullptr;
}

std::size_t HpackEncoder::index_of(std::uint32_t id) const {
  return kStaticEntries + (next_id_ - id);
}

std::size_t HpackEncoder::find_name(std::string_view name) const {
  const std::uint32_t id = names_[hash_of(name) % kPlaces];
  if (const Entry* const known = entry(id);
      known != nullptr && std::string_view(known->line).substr(0, known->name) == name) {
    return index_of(id);
  }
  const auto* const found = std::ranges::find_if(
      kStaticNames, [name](const StaticName& each) { return core::iequals(each.name, name); });
  return found == kStaticNames.end() ? 0 : found->index;
}

void HpackEncoder::insert(std::string_view line, std::string_view name, Place& place) {
  if (ring_.empty()) ring_.resize(kMaxEntries);
  const std::size_t cost = cost_of(line);
  shrink_to(limit_ - cost);
  Entry& entry = ring_[next_id_ % kMaxEntries];
  entry.line = line;
  entry.name = name.size();
  size_ += cost;
  ++count_;
  place.id = names_[hash_of(name) % kPlaces] = next_id_++;
}

void HpackEncoder::shrink_to(std::size_t bytes) {
  while (size_ > bytes) {
    size_ -= cost_of(ring_[(next_id_ - count_) % kMaxEntries].line);
    --count_;
  }
}

void HpackEncoder::put_number(unsigned pattern, unsigned prefix_bits, std::size_t number) {
  const std::size_t most = (1U << prefix_bits) - 1;
  if (number < most) {
    *block_ += static_cast<char>(pattern | number);
    return;
  }
  *block_ += static_cast<char>(pattern | most);
  number -= most;
  for (; number >= 0x80; number >>= 7U) *block_ += static_cast<char>(0x80U | (number & 0x7fU));
  *block_ += static_cast<char>(number);
}

void HpackEncoder::put_text(std::string_view text) {
  put_number(0, 7, text.size());
  *block_ += text;
}

void HpackEncoder::put_name(std::string_view name) {
  put_number(0, 7, name.size());
  // RFC 9113 §8.2.1.
  for (const char c : name) *block_ += core::to_lower(c);
}

}  // namespace yatagarasu::http
