#pragma once

#include "core/result.h"
#include "crypto/checksum.h"
#include "http/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {

// Compares a body with what its head promised: the length, and S3's checksums of the whole
// object, x-amz-checksum-crc32, -crc32c, -sha1 and -sha256. Not compared are checksums of an
// upload's parts (a value with "-N" behind it, or x-amz-checksum-type: COMPOSITE) and values that
// are none.
//
// Fed with the body in order. Pure; one caller at a time.
class BodyGuard {
 public:
  // Promises nothing.
  BodyGuard() = default;
  BodyGuard(const http::Fields& head, std::optional<std::uint64_t> length);

  // kOriginMalformed when the body is longer than promised or, with the piece that completes it,
  // does not agree. Such a piece must not be sent: with its last byte the client has a body that
  // looks whole.
  core::Result<void> add(std::string_view piece);
  // At the body's end.
  core::Result<void> finish();

  std::optional<std::uint64_t> length() const { return length_; }
  // The promised length has been reached, and everything agreed.
  bool is_complete() const { return length_ == received_; }

 private:
  struct Expected {
    crypto::Checksum checksum;
    std::string value;  // In base64.
  };
  core::Result<void> compare_checksums();

  std::optional<std::uint64_t> length_;
  std::uint64_t received_ = 0;
  std::vector<Expected> expected_;
};

}  // namespace yatagarasu::cache
