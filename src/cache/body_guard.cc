#include "cache/body_guard.h"

#include "core/ascii.h"
#include "core/result.h"
#include "crypto/checksum.h"
#include "http/fields.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {
namespace {

using core::ErrorCode;
using crypto::ChecksumAlgorithm;

struct ChecksumField {
  std::string_view name;
  ChecksumAlgorithm algorithm;
};
constexpr std::array<ChecksumField, 4> kFields{{
    {"x-amz-checksum-crc32", ChecksumAlgorithm::kCrc32},
    {"x-amz-checksum-crc32c", ChecksumAlgorithm::kCrc32c},
    {"x-amz-checksum-sha1", ChecksumAlgorithm::kSha1},
    {"x-amz-checksum-sha256", ChecksumAlgorithm::kSha256},
}};

// A checksum of checksums has "-" and the number of parts behind it, which base64 never has.
bool is_of_whole_object(std::string_view value, ChecksumAlgorithm algorithm) {
  return value.size() == crypto::Checksum::text_size(algorithm) &&
         value.find('-') == std::string_view::npos;
}

}  // namespace

BodyGuard::BodyGuard(const http::Fields& head, std::optional<std::uint64_t> length)
    : length_(length) {
  if (core::iequals(head.get("x-amz-checksum-type"), "COMPOSITE")) return;
  for (const ChecksumField& field : kFields) {
    const std::string_view value = head.get(field.name);
    if (!is_of_whole_object(value, field.algorithm)) continue;
    expected_.push_back({crypto::Checksum(field.algorithm), std::string(value)});
  }
}

core::Result<void> BodyGuard::add(std::string_view piece) {
  received_ += piece.size();
  if (length_ && received_ > *length_) {
    return core::failure(ErrorCode::kOriginMalformed,
                         "the body is longer than the promised " + std::to_string(*length_));
  }
  for (Expected& expected : expected_) expected.checksum.update(piece);
  if (length_ != received_) return {};
  return compare_checksums();
}

core::Result<void> BodyGuard::finish() {
  if (length_ && received_ < *length_) {
    return core::failure(ErrorCode::kOriginMalformed, "the body ended after " +
                                                          std::to_string(received_) + " of " +
                                                          std::to_string(*length_) + " bytes");
  }
  return compare_checksums();
}

core::Result<void> BodyGuard::compare_checksums() {
  for (Expected& expected : std::exchange(expected_, {})) {
    if (const std::string actual = expected.checksum.finish(); actual != expected.value) {
      return core::failure(ErrorCode::kOriginMalformed, "the body's checksum is " + actual +
                                                            " where S3 promised " + expected.value);
    }
  }
  return {};
}

}  // namespace yatagarasu::cache
