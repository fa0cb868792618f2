#pragma once

#include "cache/fill.h"
#include "cache/fill_body.h"
#include "core/result.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/loop_event.h"
#include "io/task.h"

#include <memory>
#include <string_view>

namespace yatagarasu::cache {

class FillTable;

// One reader of a fill: while the head is not known yet, one who waits; then the body, at the
// reader's pace.
//
// Threading: its loop. Holds what it has handed out, whatever becomes of the fill.
class FillReader final : public io::ByteSource {
 public:
  // Null when the fill takes no readers any more.
  static std::unique_ptr<FillReader> join(FillTable& table, std::shared_ptr<Fill> fill,
                                          io::Loop& loop);
  // The reader of the one who leads.
  static std::unique_ptr<FillReader> make(FillTable& table, std::shared_ptr<Fill> fill,
                                          io::Loop& loop);
  ~FillReader() override;

  Fill& fill() { return *fill_; }
  io::LoopEvent& changed() { return *seat_->changed; }

  io::Task<core::Result<std::string_view>> next() override;
  std::string_view ready() override;

 private:
  FillReader(FillTable& table, std::shared_ptr<Fill> fill, Fill::SeatRef seat);
  core::Result<Fill::Read> read();

  FillTable& table_;
  std::shared_ptr<Fill> fill_;
  Fill::SeatRef seat_;
  FillBody::View held_;  // Handed out last.
};

}  // namespace yatagarasu::cache
