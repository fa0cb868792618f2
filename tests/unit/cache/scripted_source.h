#pragma once

#include "core/result.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/loop_event.h"
#include "io/stream.h"
#include "io/task.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

// A body of the origin that a test lets arrive piece by piece, and watches.
class ScriptedSource final : public io::ByteSource {
 public:
  struct Script {
    explicit Script(io::Loop& loop) : event(std::make_shared<io::LoopEvent>(loop)) {}

    std::string ready;
    std::deque<std::string> pieces;
    bool is_ended = false;
    std::optional<core::Error> error;
    std::shared_ptr<io::LoopEvent> event;
    std::size_t pulled = 0;  // Bytes that were handed out.
    bool is_destroyed = false;

    void arrive(std::string piece) {
      pieces.push_back(std::move(piece));
      event->notify();
    }
    void end() {
      is_ended = true;
      event->notify();
    }
    void fail() {
      error = core::Error{core::ErrorCode::kOriginUnreachable, "cut by the script"};
      event->notify();
    }
  };

  explicit ScriptedSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ~ScriptedSource() override { script_->is_destroyed = true; }

  std::string_view ready() override {
    script_->pulled += script_->ready.size();
    return script_->ready;
  }
  io::Task<core::Result<std::string_view>> next() override {
    for (;;) {
      if (!script_->pieces.empty()) {
        current_ = std::move(script_->pieces.front());
        script_->pieces.pop_front();
        script_->pulled += current_.size();
        co_return std::string_view(current_);
      }
      if (script_->error) co_return std::unexpected(*script_->error);
      if (script_->is_ended) co_return std::string_view();
      const io::WaitStatus status = co_await script_->event->wait(io::kNever);
      static_cast<void>(status);
    }
  }

 private:
  std::shared_ptr<Script> script_;
  std::string current_;
};

}  // namespace yatagarasu::cache
