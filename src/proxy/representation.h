#pragma once

#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/lead.h"
#include "cache/policy/stored_response.h"
#include "core/result.h"
#include "http/fields.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "server/handler.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace yatagarasu::proxy {

// A response as the cache knows it, on its way to one client.
struct Representation {
  // Encoded (cache/policy/stored_response.h), or whatever keeps that: what conditions are held
  // against.
  std::variant<std::string, std::shared_ptr<const cache::FillHead>, cache::EntryRef> head;
  // To the client, where they are not those of the head.
  std::optional<http::HeaderBlock> headers{};
  std::variant<std::unique_ptr<io::ByteSource>, cache::EntryRef> body{};
  std::optional<std::uint64_t> length{};

  // Empty where the head cannot be read: it is then as good as absent.
  std::optional<cache::StoredView> view() const;
};

Representation of_entry(cache::EntryRef entry);
Representation of_shared(cache::Shared shared);

// The client's answer by its method and conditions: what was stored, a 304, or kPreconditionFailed.
// `stored` is what from.view() gave; `age` is told where it is given. A body that the client does
// not get stays where it is.
core::Result<server::Response> answer_from(Representation& from, const cache::StoredView& stored,
                                           const http::RequestHead& request,
                                           std::optional<std::chrono::seconds> age);

// RFC 9110 §15.4.5: takes what only describes a body out of the headers of a 304.
void remove_body_fields(http::HeaderBlock& headers);

}  // namespace yatagarasu::proxy
