#pragma once

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

// One header field. The views point into the bytes of the message's head.
struct Field {
  std::string_view name;
  std::string_view value;  // Without surrounding white space.
};

// The fields of a received head in their order, duplicates included. Valid as long as the
// bytes that were parsed.
class Fields {
 public:
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() { fields_.clear(); }

  // The first field of that name, in any case; null when there is none.
  const Field* find(std::string_view name) const;
  // Its value, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::size_t count(std::string_view name) const;
  // All values of that name joined by ", " (RFC 9110 §5.3); empty when there is none.
  std::optional<std::string> joined(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  static constexpr std::size_t kInline = 16;  // More than most clients and S3 send.
  boost::container::small_vector<Field, kInline> fields_;
};

// Header fields to be sent, kept as HTTP/1 writes them ("Name: value\r\n" after one another), so
// that a head is sent without being put together again. Framing fields (Content-Length,
// Transfer-Encoding, Connection) are the connection's business and never in here.
class HeaderBlock {
 public:
  HeaderBlock() = default;
  // Of what wire() gave earlier, with room for `more` bytes.
  static HeaderBlock of_wire(std::string_view lines, std::size_t more);

  // Neither may hold CR, LF or NUL: the parsers and the configuration see to it, and a value
  // that holds one is dropped here, since sending it would let it forge fields.
  void add(std::string_view name, std::string_view value);
  // As add(), for a name and a value that hold nothing of that kind for certain.
  void add_safe(std::string_view name, std::string_view value);
  // Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  // The first field's value; empty optional when there is none. Valid until the next change.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

  // Calls visit(name, value) for each field in order.
  template <class Visit>
  void for_each(Visit visit) const {
    std::string_view rest = lines_;
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      const std::size_t end = rest.find("\r\n", colon);
      visit(rest.substr(0, colon), rest.substr(colon + 2, end - colon - 2));
      rest.remove_prefix(end + 2);
    }
  }

  std::string_view wire() const { return lines_; }
  bool empty() const { return lines_.empty(); }
  void reserve(std::size_t bytes) { lines_.reserve(bytes); }

 private:
  std::string lines_;
};

}  // namespace yatagarasu::http
