#pragma once

#include "cache/entry.h"
#include "cache/fill_body.h"
#include "cache/fill_runner.h"
#include "cache/lead.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/loop_event.h"
#include "io/task.h"
#include "io/task_group.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

// How far a body that is not stored may run ahead of its slowest reader.
inline constexpr std::uint64_t kFillWindow = 4 * FillBody::kMaxView;

// One response that is being asked for or received, and those who want it. Each reader has a seat
// from the moment it wants the response until it leaves.
//
// Threading: any thread, one lock. Readers are told of changes by their events, on their loops.
class Fill : public std::enable_shared_from_this<Fill> {
 public:
  enum class Phase : std::uint8_t {
    kAsking,     // A Lead has it.
    kVacant,     // The Lead was given up; the first reader that comes to it leads.
    kFilling,    // The head is known, the body on its way.
    kWhole,      // The body has been received and agreed with its promises.
    kFailed,     // The body was cut; `error` says how.
    kPublished,  // `entry` is the answer.
    kReleased,   // Every reader asks for itself.
    kMoved,      // Every reader looks the key up again.
  };

  struct Seat {
    std::shared_ptr<io::LoopEvent> changed;
    std::uint64_t offset = 0;  // All before it has been sent or is in the reader's hand no more.
    bool is_starving = false;  // Waits for bytes, if there are still none.
    bool is_cut = false;
  };
  using SeatRef = std::list<Seat>::iterator;

  Fill(const KeyRef& key, io::Duration patience);
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;

  // Never changes; the view lives as long as this.
  KeyRef key() const { return {.bytes = key_, .hash = hash_, .bucket = bucket_}; }

  // A seat at the body's first byte; empty when there is nothing to be had from here any more.
  std::optional<SeatRef> join(io::Loop& loop);
  // The seat of the one who leads, who has it in any case.
  SeatRef sit(io::Loop& loop);
  // The last reader of a body that is not whole ends the fill. kNo: nobody can join any more.
  enum class IsAlive : bool { kNo, kYes };
  IsAlive leave(SeatRef seat);

  // What a reader that has sent nothing is to do now.
  struct Standing {
    Phase phase = Phase::kAsking;
    bool has_bytes = false;
    std::shared_ptr<const FillHead> head{};
    EntryRef entry{};
  };
  // kVacant is told to one reader only, who leads from then on.
  Standing look();

  struct Read {
    FillBody::View view{};  // Empty when there is nothing yet, or `is_end`.
    bool is_end = false;
  };
  // The next bytes of a seat; the ones before go.
  core::Result<Read> read(SeatRef seat, std::size_t consumed);

  // For the Lead.
  IsAlive give_up_lead();
  void begin(std::shared_ptr<const FillHead> head, std::shared_ptr<EntryWriter> writer,
             io::Loop& loop);
  void publish(EntryRef entry);
  void release() { end(Phase::kReleased); }
  void move() { end(Phase::kMoved); }
  void purge();
  bool is_purged() const;

  // For the one who receives the body. How the last reader ends it: on its loop.
  void set_task(FillRunner& runner, io::TaskGroup::TaskId task);
  void clear_task();
  // Valid from begin() on.
  io::LoopEvent& space() const { return *space_; }

  enum class Last : bool { kNo, kYes };
  void add_stored(std::size_t bytes, Last last);
  void add_passing(std::string_view bytes, Last last);
  // Whether the body may go on. If not, wait for space() up to `until` and ask again; readers that
  // hold up others for too long are cut by that.
  struct Pace {
    bool may_go_on = true;
    io::TimePoint until = io::kNever;
  };
  Pace pace(io::TimePoint now);
  // `entry` is null when the body was not stored.
  void finish(EntryRef entry);
  void fail(core::Error error);

 private:
  void end(Phase phase);
  // Under the lock, as the following.
  SeatRef add_seat(io::Loop& loop);
  void tell_readers();
  std::uint64_t slowest() const;
  bool is_receiving() const { return phase_ == Phase::kFilling && !is_received_; }
  void stop();

  const std::string key_;
  const std::uint64_t hash_;
  const BucketId bucket_;
  const io::Duration patience_;

  mutable std::mutex mutex_;
  Phase phase_ = Phase::kAsking;
  std::list<Seat> seats_;
  std::shared_ptr<const FillHead> head_;
  std::unique_ptr<FillBody> body_;  // From begin() on.
  EntryRef entry_;
  core::Error error_;
  bool is_purged_ = false;
  bool is_received_ = false;  // All of the body; what is left is to store it.
  bool is_passing_ = false;   // Not stored any more; nobody can join.
  bool is_stopping_ = false;
  std::optional<io::TimePoint> held_up_since_;

  // Receiving.
  std::shared_ptr<io::LoopEvent> space_;
  io::Loop* loop_ = nullptr;
  FillRunner* runner_ = nullptr;  // On its loop's thread only; null when the task has ended.
  io::TaskGroup::TaskId task_ = 0;
};

}  // namespace yatagarasu::cache
