#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::crypto {

using Sha384Digest = std::array<std::uint8_t, 48>;
using Sha512Digest = std::array<std::uint8_t, 64>;

// SHA-384 and SHA-512 fed piece by piece; plain values like Sha256, for the same reason.
class Sha384 {
 public:
  using Digest = Sha384Digest;
  static constexpr std::size_t kBlockBytes = 128;

  Sha384();

  void update(std::string_view bytes);
  // Ends the hash. The object may be assigned to afterwards, nothing else.
  Digest finish();

  // Overwrites the state, for one that a secret went into.
  void wipe() noexcept;

 private:
  SHA512_CTX context_{};
};

class Sha512 {
 public:
  using Digest = Sha512Digest;
  static constexpr std::size_t kBlockBytes = 128;

  Sha512();

  void update(std::string_view bytes);
  // Ends the hash. The object may be assigned to afterwards, nothing else.
  Digest finish();

  // Overwrites the state, for one that a secret went into.
  void wipe() noexcept;

 private:
  SHA512_CTX context_{};
};

Sha384Digest sha384(std::string_view bytes);
Sha512Digest sha512(std::string_view bytes);

// The digest as bytes for whoever takes text. Valid as long as the digest.
std::string_view as_bytes(const Sha384Digest& digest);
std::string_view as_bytes(const Sha512Digest& digest);

}  // namespace yatagarasu::crypto
