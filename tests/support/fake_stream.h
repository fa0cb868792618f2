#pragma once

#include "io/stream.h"
#include "io/task.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace yatagarasu::support {

// A connection whose peer's bytes are known beforehand, in the pieces in which they arrive. No
// piece is there before it is waited for, and waiting takes no time.
class FakeStream final : public io::Stream {
 public:
  // What follows the last piece.
  enum class End : std::uint8_t { kClosed, kReset, kSilence };
  // What is left of the stream after its death.
  struct Record {
    std::string written;
    bool is_closed = false;
  };

  FakeStream(std::vector<std::string> pieces, End end)
      : pieces_(pieces.begin(), pieces.end()), end_(end) {}
  ~FakeStream() override { record_->is_closed = true; }

  std::shared_ptr<const Record> record() const { return record_; }
  void set_plain_descriptor(int descriptor) { descriptor_ = descriptor; }

  io::IoResult try_read(std::span<char> buffer) override {
    if (pieces_.empty()) {
      switch (end_) {
        case End::kClosed: return {io::IoStatus::kEnd, 0};
        case End::kReset: return {io::IoStatus::kFailed, 0};
        case End::kSilence: return {io::IoStatus::kWantRead, 0};
      }
    }
    if (!has_arrived_) return {io::IoStatus::kWantRead, 0};
    std::string& piece = pieces_.front();
    const std::size_t bytes = std::min(buffer.size(), piece.size());
    std::copy_n(piece.begin(), bytes, buffer.begin());
    piece.erase(0, bytes);
    if (piece.empty()) {
      pieces_.pop_front();
      has_arrived_ = false;
    }
    return {io::IoStatus::kOk, bytes};
  }

  io::IoResult try_write(std::span<const iovec> parts, io::More /*more*/) override {
    std::size_t bytes = 0;
    for (const iovec& part : parts) {
      record_->written.append(static_cast<const char*>(part.iov_base), part.iov_len);
      bytes += part.iov_len;
    }
    return {io::IoStatus::kOk, bytes};
  }

  io::Task<io::WaitStatus> wait(io::Want /*want*/, io::TimePoint /*deadline*/) override {
    if (pieces_.empty() && end_ == End::kSilence) co_return io::WaitStatus::kTimedOut;
    has_arrived_ = true;
    co_return io::WaitStatus::kReady;
  }

  void interrupt() override {}
  bool peer_has_left() const override { return pieces_.empty() && end_ != End::kSilence; }
  void shutdown_write() override {}
  void close() override { record_->is_closed = true; }
  void abort() override { record_->is_closed = true; }
  int plain_descriptor() const override { return descriptor_; }
  std::string last_error() const override { return "reset"; }

 private:
  std::deque<std::string> pieces_;
  End end_;
  bool has_arrived_ = false;
  int descriptor_ = -1;
  std::shared_ptr<Record> record_ = std::make_shared<Record>();
};

}  // namespace yatagarasu::support
