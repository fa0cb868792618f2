#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::http {

// Compresses the heads of answers (RFC 7541), for one connection.
//
// Made for answers of which most lines have been sent before: such a line is found by one look-up
// and takes a byte or two. A line enters the table when its name is new or when it comes the second
// time, so that ids and the like, which never come again, do not push out what does. Nothing is
// Huffman-coded: that would cost more than all the rest and save a quarter of what is new.
//
// Sans-I/O. Blocks must reach the client in the order in which they were made, and all of them.
class HpackEncoder {
 public:
  HpackEncoder() = default;
  HpackEncoder(const HpackEncoder&) = delete;
  HpackEncoder& operator=(const HpackEncoder&) = delete;

  // Of the table (§4.2), and what a client allows that says nothing.
  static constexpr std::size_t kMaxTable = 4'096;

  // What the client's SETTINGS_HEADER_TABLE_SIZE allows from the next block on.
  void limit_table(std::uint32_t bytes);

  // Begins a block, to which what is added from now on is appended.
  void begin(std::string& block);
  void add_status(int status);
  // A HeaderBlock::wire(). What is about the connection (RFC 9113 §8.2.2) is left out: a client
  // would take the whole answer for malformed.
  void add_lines(std::string_view wire);
  void add_field(std::string_view name, std::string_view value);

 private:
  struct Entry {
    std::string line;        // "Name: value", as it was given.
    std::size_t name = 0;    // Bytes of it.
    std::uint32_t next = 0;  // The id of what came after it when it was last sent.
  };
  // For the lines of one remainder of hashes: the entry of the last one that entered, and the hash
  // of the last one that did not.
  struct Place {
    std::uint32_t id = 0;
    std::uint32_t left_out_hash = 0;
  };

  // What an entry costs beside its own bytes (§4.1).
  static constexpr std::size_t kEntryCost = 32;
  static constexpr std::size_t kMaxEntries = kMaxTable / kEntryCost;
  static constexpr std::size_t kPlaces = 256;

  static std::size_t cost_of(std::string_view line);
  // The entry with this id, counted from 1; null when it has left the table.
  const Entry* entry(std::uint32_t id) const;
  std::size_t index_of(std::uint32_t id) const;
  std::size_t find_name(std::string_view name) const;  // 0: nowhere.
  void add_line(std::string_view line);
  void put_entry(std::uint32_t id);
  void insert(std::string_view line, std::string_view name, Place& place);
  void shrink_to(std::size_t bytes);

  // §5.1, behind the bits of `pattern`.
  void put_number(unsigned pattern, unsigned prefix_bits, std::size_t number);
  void put_text(std::string_view text);
  void put_name(std::string_view name);

  std::string* block_ = nullptr;
  // The id of the entry that is likely to be next: most answers say much the same in the same
  // order.
  std::uint32_t first_guess_ = 0;  // Of a block.
  std::uint32_t* guess_ = &first_guess_;
  std::string line_;         // Put together of a field.
  std::vector<Entry> ring_;  // By id; as long as kMaxEntries once there has been an entry.
  std::array<Place, kPlaces> places_{};
  std::array<std::uint32_t, kPlaces> names_{};  // The newest entry with a name of that hash.
  std::uint32_t next_id_ = 1;
  std::uint32_t count_ = 0;  // Entries in the table.
  std::size_t size_ = 0;     // Their cost.
  std::size_t limit_ = kMaxTable;
  std::size_t told_limit_ = kMaxTable;      // To the client.
  std::size_t smallest_limit_ = kMaxTable;  // Since then.
};

}  // namespace yatagarasu::http
