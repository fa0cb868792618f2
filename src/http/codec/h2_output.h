#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

namespace yatagarasu::http {

// The frames that leave a connection in one write: bytes of its own, and references to bytes of
// bodies, which stay where they are until they are written.
//
// Sans-I/O: whoever writes asks for the parts and says how many bytes are gone.
class H2Output {
 public:
  void append(std::string_view bytes);
  // A small piece is copied: that costs less than a part of its own in the gather-write. Anything
  // else must stay as it is until written.
  void append_body(std::string_view bytes);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Describes what is left, as much as there is room for. Valid until the next append.
  std::span<iovec> gather(std::span<iovec> room) const;
  void written(std::size_t bytes);

  // Gives the memory back. Only while empty.
  void release();

 private:
  // Up to this size a piece is copied.
  static constexpr std::size_t kCopied = 2048;

  struct Part {
    const char* bytes;  // Null: of own_, which moves as it grows.
    std::size_t offset;
    std::size_t size;
  };

  std::string own_;
  std::vector<Part> parts_;
  std::size_t first_ = 0;  // Of parts_, the first with something left.
  std::size_t size_ = 0;
};

}  // namespace yatagarasu::http
