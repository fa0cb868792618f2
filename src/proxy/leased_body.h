#pragma once

#include "core/result.h"
#include "io/byte_source.h"
#include "io/task.h"
#include "proxy/services.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::proxy {

// A body that outlives the request it was asked for: keeps the services, and with them its
// connection's pool, for as long.
//
// Threading and lifetime: as its source, which it owns.
class LeasedBody final : public io::ByteSource {
 public:
  LeasedBody(ServicesLease services, std::unique_ptr<io::ByteSource> source)
      : services_(std::move(services)), source_(std::move(source)) {}

  io::Task<core::Result<std::string_view>> next() override { return source_->next(); }
  std::string_view ready() override { return source_->ready(); }
  std::optional<io::RawBytes> raw() override { return source_->raw(); }
  void raw_taken(std::uint64_t bytes) override { source_->raw_taken(bytes); }

 private:
  ServicesLease services_;  // First: ends after the source.
  std::unique_ptr<io::ByteSource> source_;
};

}  // namespace yatagarasu::proxy
