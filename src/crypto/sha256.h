#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

// SHA-256 fed piece by piece.
//
// A plain value: a copy carries on from what has been hashed so far, which is what makes a
// prepared prefix (HMAC's padded keys) cheap to use again and again. It never allocates.
class Sha256 {
 public:
  using Digest = Sha256Digest;
  static constexpr std::size_t kBlockBytes = 64;

  Sha256();

  void update(std::string_view bytes);
  // Ends the hash. The object may be assigned to afterwards, nothing else.
  Sha256Digest finish();

  // Overwrites the state, for one that a secret went into.
  void wipe() noexcept;

 private:
  SHA256_CTX context_{};
};

Sha256Digest sha256(std::string_view bytes);

// The digest as bytes for whoever takes text. Valid as long as the digest.
std::string_view as_bytes(const Sha256Digest& digest);

// Appends the digest's 64 lower-case hexadecimal digits.
void append_hex(std::string& out, const Sha256Digest& digest);
std::string to_hex(const Sha256Digest& digest);

}  // namespace yatagarasu::crypto
