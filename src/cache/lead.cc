#include "cache/lead.h"

#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_job.h"
#include "cache/fill_reader.h"
#include "cache/fill_runner.h"
#include "cache/fill_table.h"
#include "cache/tier.h"
#include "io/task_group.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace yatagarasu::cache {

Lead::Lead(FillTable& table, std::shared_ptr<Fill> fill) : table_(&table), fill_(std::move(fill)) {}

Lead& Lead::operator=(Lead&& other) noexcept {
  abandon();
  table_ = other.table_;
  fill_ = std::move(other.fill_);
  return *this;
}

void Lead::abandon() noexcept {
  const std::shared_ptr<Fill> fill = std::move(fill_);
  if (fill && fill->give_up_lead() == Fill::IsAlive::kNo) table_->remove(*fill);
}

Lead::Begun Lead::begin(Answer answer, FillRunner& runner) && {
  const std::optional<std::uint64_t> length =
      answer.source ? answer.guard.length() : std::uint64_t{0};
  Stored<std::unique_ptr<EntryWriter>> writer =
      table_->tier().open({.key = fill_->key(),
                           .metadata = answer.metadata,
                           .body_bytes = length,
                           .max_body_bytes = answer.max_body_bytes});
  if (!writer) {
    table_->drop_stored(*fill_);
    if (writer.error() == NotStored::kTooLarge) {
      std::move(*this).refuse();
    } else {
      std::move(*this).fail();
    }
    return std::move(answer.source);
  }
  const std::shared_ptr<Fill> fill = std::move(fill_);
  const std::shared_ptr<EntryWriter> shared_writer = std::move(*writer);
  auto head = std::make_shared<const FillHead>(std::move(answer.metadata), length);
  // Before the first byte: from then on a fill without readers ends.
  std::unique_ptr<FillReader> reader = FillReader::make(*table_, fill, runner.loop());
  fill->begin(head, shared_writer, runner.loop());

  auto job = std::make_unique<FillJob>(*table_, FillJob::Parts{.fill = fill,
                                                               .writer = shared_writer,
                                                               .guard = std::move(answer.guard),
                                                               .source = std::move(answer.source)});
  if (EntryRef stored = job->start()) return stored;
  if (!job->is_ended()) {
    const io::TaskGroup::TaskId task = runner.tasks().spawn(FillJob::run(std::move(job)));
    fill->set_task(runner, task);
  }
  return Shared{.head = std::move(head), .body = std::move(reader)};
}

void Lead::publish(EntryRef entry) && {
  const std::shared_ptr<Fill> fill = std::move(fill_);
  table_->remove(*fill);
  fill->publish(std::move(entry));
}

void Lead::refuse() && {
  const std::shared_ptr<Fill> fill = std::move(fill_);
  table_->refuse(*fill);
  fill->release();
}

void Lead::fail() && {
  const std::shared_ptr<Fill> fill = std::move(fill_);
  table_->remove(*fill);
  fill->release();
}

void Lead::move_to(const KeyRef& variant) {
  const std::shared_ptr<Fill> old = std::move(fill_);
  fill_ = table_->move(*old, variant);
  old->move();
}

}  // namespace yatagarasu::cache
