#include "cache/fill_job.h"

#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_table.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"

#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

using core::ErrorCode;

FillJob::FillJob(FillTable& table, Parts parts) : table_(table), parts_(std::move(parts)) {}

FillJob::~FillJob() {
  // The source first: the origin's transfer stops before anybody is told.
  parts_.source.reset();
  parts_.fill->clear_task();
  if (!is_ended_) fail({ErrorCode::kCancelled, "the fill was given up"});
}

FillJob::Went FillJob::fail(core::Error error) {
  is_ended_ = true;
  table_.remove(*parts_.fill);
  parts_.fill->fail(std::move(error));
  return Went::kFailed;
}

FillJob::Went FillJob::finish_guard() {
  const core::Result<void> agrees = parts_.guard.finish();
  return agrees ? Went::kWhole : fail(agrees.error());
}

FillJob::Went FillJob::take(std::string_view piece) {
  // Before anybody gets the piece: with its last byte a body looks whole.
  if (const core::Result<void> agrees = parts_.guard.add(piece); !agrees) {
    return fail(agrees.error());
  }
  const bool is_last = parts_.guard.is_complete();
  pass_on(piece, is_last ? Fill::Last::kYes : Fill::Last::kNo);
  return is_last ? finish_guard() : Went::kOn;
}

void FillJob::pass_on(std::string_view piece, Fill::Last last) {
  if (is_stored_) {
    const Stored<void> taken = parts_.writer->append(piece);
    if (taken) {
      parts_.fill->add_stored(piece.size(), last);
      return;
    }
    is_stored_ = false;
    table_.drop_stored(*parts_.fill);
    if (taken.error() == NotStored::kTooLarge) {
      table_.refuse(*parts_.fill);
    } else {
      table_.remove(*parts_.fill);
    }
    parts_.writer.reset();  // The fill has it as long as somebody reads there.
  }
  parts_.fill->add_passing(piece, last);
}

bool FillJob::may_store() const {
  return is_stored_ && !parts_.fill->is_purged();
}

void FillJob::end_whole(const Stored<EntryRef>& stored) {
  is_ended_ = true;
  // Out of the table after it is in the tier, so that a request finds it in one of them.
  table_.remove(*parts_.fill);
  parts_.fill->finish(stored.value_or(EntryRef()));
}

EntryRef FillJob::start() {
  const std::string_view ready = parts_.source ? parts_.source->ready() : std::string_view();
  Went went = Went::kOn;
  if (!ready.empty()) {
    went = take(ready);
  } else if (!parts_.source || parts_.guard.is_complete()) {
    went = finish_guard();
  }
  if (went != Went::kWhole) return {};
  if (!may_store()) {
    end_whole(std::unexpected(NotStored::kPurged));
    return {};
  }
  const std::optional<Stored<EntryRef>> stored = parts_.writer->try_commit();
  if (!stored) return {};  // run() waits for it.
  end_whole(*stored);
  return stored->value_or(EntryRef());
}

io::Task<FillJob::Went> FillJob::receive() {
  while (!parts_.guard.is_complete()) {
    const Fill::Pace pace = parts_.fill->pace(io::Clock::now());
    if (!pace.may_go_on) {
      const io::WaitStatus status = co_await parts_.fill->space().wait(pace.until);
      static_cast<void>(status);
      continue;
    }
    const core::Result<std::string_view> piece = co_await parts_.source->next();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    const Went went = take(*piece);
    if (went != Went::kOn) co_return went;
  }
  co_return finish_guard();
}

io::Task<void> FillJob::run(std::unique_ptr<FillJob> job) {
  const Went went = co_await job->receive();
  if (went == Went::kFailed) co_return;
  if (!job->may_store()) {
    job->end_whole(std::unexpected(NotStored::kPurged));
    co_return;
  }
  std::optional<Stored<EntryRef>> stored = job->parts_.writer->try_commit();
  if (!stored) stored = co_await job->parts_.writer->commit();
  job->end_whole(*stored);
}

}  // namespace yatagarasu::cache
