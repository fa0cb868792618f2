#include "cache/fill.h"

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

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

using core::ErrorCode;

Fill::Fill(const KeyRef& key, io::Duration patience)
    : key_(key.bytes), hash_(key.hash), bucket_(key.bucket), patience_(patience) {}

std::optional<Fill::SeatRef> Fill::join(io::Loop& loop) {
  const std::scoped_lock lock(mutex_);
  const bool is_open = phase_ == Phase::kAsking || phase_ == Phase::kVacant ||
                       (phase_ == Phase::kFilling && !is_passing_);
  if (!is_open || is_stopping_ || is_purged_) return std::nullopt;
  return add_seat(loop);
}

Fill::SeatRef Fill::sit(io::Loop& loop) {
  const std::scoped_lock lock(mutex_);
  return add_seat(loop);
}

Fill::SeatRef Fill::add_seat(io::Loop& loop) {
  return seats_.insert(seats_.end(), {.changed = std::make_shared<io::LoopEvent>(loop)});
}

Fill::IsAlive Fill::leave(SeatRef seat) {
  const std::scoped_lock lock(mutex_);
  seats_.erase(seat);
  if (is_passing_) {
    body_->drop_before(slowest());
    space_->notify();
  }
  if (!seats_.empty() || is_stopping_) return IsAlive::kYes;
  if (is_receiving()) stop();
  if (phase_ == Phase::kVacant) is_stopping_ = true;
  return is_stopping_ ? IsAlive::kNo : IsAlive::kYes;
}

void Fill::stop() {
  is_stopping_ = true;
  io::asio::post(loop_->executor(), [self = shared_from_this()] {
    if (self->runner_ != nullptr) self->runner_->tasks().cancel(self->task_);
  });
}

Fill::Standing Fill::look() {
  const std::scoped_lock lock(mutex_);
  const Standing standing{.phase = phase_,
                          .has_bytes = body_ != nullptr && body_->size() > 0,
                          .head = head_,
                          .entry = entry_};
  if (phase_ == Phase::kVacant) phase_ = Phase::kAsking;
  return standing;
}

core::Result<Fill::Read> Fill::read(SeatRef seat, std::size_t consumed) {
  const std::scoped_lock lock(mutex_);
  seat->offset += consumed;
  seat->is_starving = false;
  if (seat->is_cut) {
    return core::failure(ErrorCode::kOverloaded, "cut: it held other readers of the body up");
  }
  if (phase_ == Phase::kFailed) return std::unexpected(error_);
  if (is_passing_) {
    body_->drop_before(slowest());
    space_->notify();
  }
  if (body_ != nullptr && seat->offset < body_->size())
    return Read{.view = body_->view(seat->offset)};
  seat->is_starving = phase_ != Phase::kWhole;
  return Read{.is_end = phase_ == Phase::kWhole};
}

Fill::IsAlive Fill::give_up_lead() {
  const std::scoped_lock lock(mutex_);
  if (seats_.empty() || is_purged_) {
    // Who waits for what a purge has overtaken looks again.
    phase_ = Phase::kMoved;
    tell_readers();
    return IsAlive::kNo;
  }
  phase_ = Phase::kVacant;
  tell_readers();
  return IsAlive::kYes;
}

void Fill::begin(std::shared_ptr<const FillHead> head, std::shared_ptr<EntryWriter> writer,
                 io::Loop& loop) {
  const std::scoped_lock lock(mutex_);
  head_ = std::move(head);
  body_ = std::make_unique<FillBody>(std::move(writer));
  space_ = std::make_shared<io::LoopEvent>(loop);
  loop_ = &loop;
  phase_ = Phase::kFilling;
}

void Fill::publish(EntryRef entry) {
  const std::scoped_lock lock(mutex_);
  entry_ = std::move(entry);
  phase_ = Phase::kPublished;
  tell_readers();
}

void Fill::finish(EntryRef entry) {
  const std::scoped_lock lock(mutex_);
  entry_ = std::move(entry);
  phase_ = Phase::kWhole;
  tell_readers();
}

void Fill::fail(core::Error error) {
  const std::scoped_lock lock(mutex_);
  error_ = std::move(error);
  phase_ = Phase::kFailed;
  tell_readers();
}

void Fill::end(Phase phase) {
  const std::scoped_lock lock(mutex_);
  phase_ = phase;
  tell_readers();
}

void Fill::purge() {
  const std::scoped_lock lock(mutex_);
  is_purged_ = true;
}

bool Fill::is_purged() const {
  const std::scoped_lock lock(mutex_);
  return is_purged_;
}

void Fill::set_task(FillRunner& runner, io::TaskGroup::TaskId task) {
  const std::scoped_lock lock(mutex_);
  if (!is_receiving()) return;  // It has ended at once.
  runner_ = &runner;
  task_ = task;
}

void Fill::clear_task() {
  runner_ = nullptr;
}

void Fill::add_stored(std::size_t bytes, Last last) {
  const std::scoped_lock lock(mutex_);
  body_->add_stored(bytes);
  is_received_ = last == Last::kYes;
  tell_readers();
}

void Fill::add_passing(std::string_view bytes, Last last) {
  const std::scoped_lock lock(mutex_);
  is_passing_ = true;
  body_->add_passing(bytes);
  is_received_ = last == Last::kYes;
  tell_readers();
}

std::uint64_t Fill::slowest() const {
  std::uint64_t offset = body_->size();
  for (const Seat& seat : seats_) {
    if (!seat.is_cut) offset = std::min(offset, seat.offset);
  }
  return offset;
}

Fill::Pace Fill::pace(io::TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (!is_passing_) return {};
  const std::uint64_t size = body_->size();
  if (size - slowest() <= kFillWindow) {
    held_up_since_.reset();
    return {};
  }
  // One who reads alone, or as slowly as all others, sets the pace of the origin.
  const auto is_starving = [size](const Seat& seat) {
    return seat.is_starving && seat.offset == size;
  };
  if (std::ranges::none_of(seats_, is_starving)) {
    held_up_since_.reset();
    return {.may_go_on = false};
  }
  if (!held_up_since_) held_up_since_ = now;
  if (now < *held_up_since_ + patience_) {
    return {.may_go_on = false, .until = *held_up_since_ + patience_};
  }
  for (Seat& seat : seats_) seat.is_cut = seat.is_cut || size - seat.offset > kFillWindow;
  held_up_since_.reset();
  body_->drop_before(slowest());
  tell_readers();
  return {};
}

void Fill::tell_readers() {
  for (const Seat& seat : seats_) seat.changed->notify();
}

}  // namespace yatagarasu::cache
