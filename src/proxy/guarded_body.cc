#include "proxy/guarded_body.h"

#include "cache/body_guard.h"
#include "core/result.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/task.h"
#include "proxy/services.h"
#include "s3/request.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::proxy {

GuardedBody::GuardedBody(std::unique_ptr<io::ByteSource> source, cache::BodyGuard guard)
    : source_(std::move(source)), guard_(std::move(guard)) {}

core::Result<std::string_view> GuardedBody::check(std::string_view piece) {
  const core::Result<void> agrees = piece.empty() ? guard_.finish() : guard_.add(piece);
  if (agrees) return piece;
  failure_ = agrees.error();
  return std::unexpected(*failure_);
}

std::string_view GuardedBody::ready() {
  const std::string_view piece = source_->ready();
  return piece.empty() ? piece : check(piece).value_or(std::string_view());
}

io::Task<core::Result<std::string_view>> GuardedBody::next() {
  if (failure_) co_return std::unexpected(*failure_);
  const core::Result<std::string_view> piece = co_await source_->next();
  co_return piece ? check(*piece) : piece;
}

std::unique_ptr<io::ByteSource> guarded(s3::ObjectAnswer answer, const Bucket& bucket) {
  const http::ResponseHead& head = answer->head();
  const std::optional<std::uint64_t> length = answer->length();
  return guarded(std::move(answer), head, length, bucket);
}

std::unique_ptr<io::ByteSource> guarded(std::unique_ptr<io::ByteSource> body,
                                        const http::ResponseHead& head,
                                        std::optional<std::uint64_t> length, const Bucket& bucket) {
  const bool is_checked =
      bucket.cache && head.status == 200 && length.value_or(0) <= bucket.cache->max_object_size();
  if (!is_checked) return body;
  cache::BodyGuard guard(head.fields, length);
  return std::make_unique<GuardedBody>(std::move(body), std::move(guard));
}

}  // namespace yatagarasu::proxy
