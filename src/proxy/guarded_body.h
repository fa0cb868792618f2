#pragma once

#include "cache/body_guard.h"
#include "core/result.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/task.h"
#include "proxy/services.h"
#include "s3/request.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace yatagarasu::proxy {

// A body on its way to one client that is compared with what its head promised, and cut before its
// last piece where it does not agree.
//
// Threading and lifetime: as its source, which it owns.
class GuardedBody final : public io::ByteSource {
 public:
  GuardedBody(std::unique_ptr<io::ByteSource> source, cache::BodyGuard guard);

  io::Task<core::Result<std::string_view>> next() override;
  std::string_view ready() override;

 private:
  core::Result<std::string_view> check(std::string_view piece);

  std::unique_ptr<io::ByteSource> source_;
  cache::BodyGuard guard_;
  std::optional<core::Error> failure_;
};

// The body of an answer that is not stored. With a cache a whole object of a size that it would
// keep is guarded as if it did; what is larger may be spliced, which no checksum sees.
std::unique_ptr<io::ByteSource> guarded(s3::ObjectAnswer answer, const Bucket& bucket);

// The same for an answer of which `head` and `length` have been read: valid as long as `body`.
std::unique_ptr<io::ByteSource> guarded(std::unique_ptr<io::ByteSource> body,
                                        const http::ResponseHead& head,
                                        std::optional<std::uint64_t> length, const Bucket& bucket);

}  // namespace yatagarasu::proxy
