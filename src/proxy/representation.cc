#include "proxy/representation.h"

#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/lead.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/validation.h"
#include "core/result.h"
#include "http/conditional.h"
#include "http/fields.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/shared_bytes.h"
#include "server/handler.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::proxy {
namespace {

// Age, X-Cache, Cache-Status, X-Request-Id.
constexpr std::size_t kRoomForMore = 192;

std::string_view bytes_of(const Representation& representation) {
  if (const auto* const entry = std::get_if<cache::EntryRef>(&representation.head)) {
    return (*entry)->metadata();
  }
  if (const auto* const head =
          std::get_if<std::shared_ptr<const cache::FillHead>>(&representation.head)) {
    return (*head)->metadata;
  }
  return std::get<std::string>(representation.head);
}

server::Body take_body(Representation& from) {
  if (const auto* const entry = std::get_if<cache::EntryRef>(&from.body)) {
    return io::SharedBytesRef(*entry);
  }
  auto& source = std::get<std::unique_ptr<io::ByteSource>>(from.body);
  if (source == nullptr) return {};
  return std::move(source);
}

}  // namespace

std::optional<cache::StoredView> Representation::view() const {
  return cache::decode(bytes_of(*this));
}

Representation of_entry(cache::EntryRef entry) {
  Representation representation{.head = entry};
  representation.length = entry->size();
  representation.body = std::move(entry);
  return representation;
}

Representation of_shared(cache::Shared shared) {
  Representation representation{.head = shared.head};
  representation.length = shared.head->body_bytes;
  representation.body = std::move(shared.body);
  return representation;
}

core::Result<server::Response> answer_from(Representation& from, const cache::StoredView& stored,
                                           const http::RequestHead& request,
                                           std::optional<std::chrono::seconds> age) {
  const http::Precondition precondition = cache::evaluate_conditions(request.fields, stored);
  if (precondition == http::Precondition::kFailed) {
    return core::failure(core::ErrorCode::kPreconditionFailed, "precondition failed");
  }
  server::Response response;
  response.headers = from.headers ? *std::move(from.headers)
                                  : http::HeaderBlock::of_wire(stored.fields, kRoomForMore);
  if (age) response.headers.add_safe("Age", std::to_string(age->count()));
  if (precondition == http::Precondition::kNotModified) {
    response.status = 304;
    remove_body_fields(response.headers);
    return response;
  }
  response.status = stored.metadata.status;
  response.content_length = from.length;
  if (request.method != http::Method::kHead) response.body = take_body(from);
  return response;
}

void remove_body_fields(http::HeaderBlock& headers) {
  for (const std::string_view name : {"Content-Type", "Content-Encoding", "Content-Range"}) {
    headers.remove(name);
  }
}

}  // namespace yatagarasu::proxy
