#include "crypto/checksum.h"

#include "crypto/openssl_handle.h"

#include <openssl/evp.h>
#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <isa-l/crc.h>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

// ISA-L's CRC32C takes the length as an int.
constexpr std::size_t kMaxStep = std::size_t{1} << 30U;

std::size_t digest_size(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
    case ChecksumAlgorithm::kCrc32c: return 4;
    case ChecksumAlgorithm::kSha1: return 20;
    case ChecksumAlgorithm::kSha256: return 32;
  }
  return 0;
}

const EVP_MD* digest_of(ChecksumAlgorithm algorithm) {
  // Fetched once: a look-up by name takes longer than hashing a small object.
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm == ChecksumAlgorithm::kSha1 ? sha1 : sha256;
}

// CRC32C as iSCSI has it (RFC 3720 §12.1): ISA-L leaves the inversion at both ends to its caller.
std::uint32_t update_crc32c(std::uint32_t crc, std::string_view bytes) {
  std::uint32_t inverted = ~crc;
  while (!bytes.empty()) {
    const std::string_view step = bytes.substr(0, kMaxStep);
    bytes.remove_prefix(step.size());
    auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(step.data()));
    inverted = crc32_iscsi(data, static_cast<int>(step.size()), inverted);  // Only reads.
  }
  return ~inverted;
}

std::string to_base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP ends it with a NUL.
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

struct Checksum::Sha {
  DigestContextHandle context{EVP_MD_CTX_new()};
};

Checksum::Checksum(ChecksumAlgorithm algorithm) : algorithm_(algorithm) {
  if (algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c) return;
  sha_ = std::make_unique<Sha>();
  if (sha_->context == nullptr ||
      EVP_DigestInit_ex2(sha_->context.get(), digest_of(algorithm), nullptr) != 1) {
    throw std::bad_alloc();  // What else can fail is a missing provider.
  }
}

Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;
Checksum::~Checksum() = default;

void Checksum::update(std::string_view bytes) {
  switch (algorithm_) {
    case ChecksumAlgorithm::kCrc32:
      crc_ =
          crc32_gzip_refl(crc_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      break;
    case ChecksumAlgorithm::kCrc32c: crc_ = update_crc32c(crc_, bytes); break;
    case ChecksumAlgorithm::kSha1:
    case ChecksumAlgorithm::kSha256:
      EVP_DigestUpdate(sha_->context.get(), bytes.data(), bytes.size());
      break;
  }
}

std::string Checksum::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  if (sha_ != nullptr) {
    EVP_DigestFinal_ex(sha_->context.get(), bytes.data(), nullptr);
  } else {
    for (unsigned i = 0; i < 4; ++i) {
      bytes[i] = static_cast<unsigned char>(crc_ >> (24U - 8U * i));
    }
  }
  return to_base64(std::span(bytes).first(digest_size(algorithm_)));
}

std::size_t Checksum::text_size(ChecksumAlgorithm algorithm) {
  return (digest_size(algorithm) + 2) / 3 * 4;
}

}  // namespace yatagarasu::crypto
