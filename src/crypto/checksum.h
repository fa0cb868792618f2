#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {

// What S3 offers as checksums of objects.
enum class ChecksumAlgorithm : std::uint8_t { kCrc32, kCrc32c, kSha1, kSha256 };

// A checksum fed piece by piece. The two CRCs use the CPU's carry-less multiplication and CRC
// instructions where it has them (ISA-L) and are about as fast as memory.
class Checksum {
 public:
  explicit Checksum(ChecksumAlgorithm algorithm);
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;
  ~Checksum();

  void update(std::string_view bytes);
  // As S3 writes it: the bytes, most significant first, in base64. Ends the checksum.
  std::string finish();

  // How long such a text is.
  static std::size_t text_size(ChecksumAlgorithm algorithm);

 private:
  struct Sha;
  ChecksumAlgorithm algorithm_;
  std::uint32_t crc_ = 0;
  std::unique_ptr<Sha> sha_;  // Null for a CRC.
};

}  // namespace yatagarasu::crypto
