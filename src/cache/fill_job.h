#pragma once

#include "cache/body_guard.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_table.h"
#include "cache/tier.h"
#include "io/byte_source.h"
#include "io/task.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace yatagarasu::cache {

// Receives the body of one fill: from its source, past the guard, into the tier's writer and to
// the readers. Destroyed before the end (nobody reads any more, the process stops) the fill fails,
// and the source is gone with it.
//
// Threading: the loop of the source.
class FillJob {
 public:
  struct Parts {
    std::shared_ptr<Fill> fill;
    std::shared_ptr<EntryWriter> writer;
    BodyGuard guard;
    std::unique_ptr<io::ByteSource> source;  // Null for no body.
  };
  FillJob(FillTable& table, Parts parts);
  ~FillJob();

  // The part that needs no waiting: takes what came with the head, and where that is all, stores
  // it. The entry where that has been done, else null; is_ended() tells whether run() has to be.
  EntryRef start();
  bool is_ended() const { return is_ended_; }

  static io::Task<void> run(std::unique_ptr<FillJob> job);

 private:
  enum class Went : std::uint8_t { kOn, kWhole, kFailed };

  Went take(std::string_view piece);
  Went finish_guard();
  void pass_on(std::string_view piece, Fill::Last last);
  io::Task<Went> receive();
  bool may_store() const;
  void end_whole(const Stored<EntryRef>& stored);
  Went fail(core::Error error);

  FillTable& table_;
  Parts parts_;
  bool is_stored_ = true;  // The writer has taken everything so far.
  bool is_ended_ = false;
};

}  // namespace yatagarasu::cache
