#pragma once

#include "core/result.h"
#include "io/byte_source.h"
#include "io/task.h"
#include "server/handler.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::server {

// Yields its pieces, then ends or fails.
class Pieces final : public io::ByteSource {
 public:
  enum class End : bool { kWhole, kCut };
  Pieces(std::vector<std::string> pieces, End end) : pieces_(std::move(pieces)), end_(end) {}

  io::Task<core::Result<std::string_view>> next() override {
    if (given_ < pieces_.size()) co_return std::string_view(pieces_[given_++]);
    if (end_ == End::kWhole) co_return std::string_view();
    co_return core::failure(core::ErrorCode::kOriginUnreachable, "cut");
  }

 private:
  std::vector<std::string> pieces_;
  End end_;
  std::size_t given_ = 0;
};

inline Response streamed(std::vector<std::string> pieces, Pieces::End end,
                         std::optional<std::uint64_t> length) {
  Response response;
  response.status = 200;
  response.content_length = length;
  response.body = std::unique_ptr<io::ByteSource>(std::make_unique<Pieces>(std::move(pieces), end));
  return response;
}

class Recorder final : public ResponseObserver {
 public:
  struct Record {
    std::atomic<int> begun{0};
    std::atomic<int> calls{0};
    std::atomic<Outcome> outcome{};
    std::atomic<std::uint64_t> bytes{0};
  };
  explicit Recorder(Record& record) : record_(record) {}
  void begun() override { ++record_.begun; }
  void finished(Outcome outcome, std::uint64_t bytes) override {
    record_.outcome = outcome;
    record_.bytes = bytes;
    ++record_.calls;
  }

 private:
  Record& record_;
};

}  // namespace yatagarasu::server
