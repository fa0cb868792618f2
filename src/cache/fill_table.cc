#include "cache/fill_table.h"

#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_reader.h"
#include "cache/lead.h"
#include "cache/purge_scope.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace yatagarasu::cache {
namespace {

// What a reader that has sent nothing does next; empty when it goes on waiting.
std::optional<Turn> next_turn(Fill::Standing standing, std::unique_ptr<FillReader>& reader) {
  const auto share = [&]() -> Turn {
    return Shared{.head = std::move(standing.head), .body = std::move(reader)};
  };
  switch (standing.phase) {
    case Fill::Phase::kAsking:
    case Fill::Phase::kVacant: break;
    case Fill::Phase::kFilling:
      // Only with the first byte: until then a failure leaves it free to ask for itself.
      if (standing.has_bytes) return share();
      break;
    case Fill::Phase::kWhole:
      if (standing.entry) return std::move(standing.entry);
      return share();
    case Fill::Phase::kPublished: return std::move(standing.entry);
    case Fill::Phase::kFailed:
    case Fill::Phase::kReleased: return Alone{};
    case Fill::Phase::kMoved: return LookAgain{};
  }
  return std::nullopt;
}

}  // namespace

std::shared_ptr<Fill> FillTable::make_fill(const KeyRef& key) const {
  return std::make_shared<Fill>(key, options_.patience);
}

FillTable::Entered FillTable::enter(const Coalescer::Request& request, io::Loop& loop) {
  Part& part = part_of(request.key);
  const std::scoped_lock lock(part.mutex);
  if (part.refusals.holds(request.key.hash, io::Clock::now())) return Turn(Alone{});
  if (const auto found = part.fills.find(request.key.bytes); found != part.fills.end()) {
    if (auto reader = FillReader::join(*this, found->second, loop)) return reader;
    part.fills.erase(found);
  }
  return look_again_or_lead(part, request.key, request.known);
}

Turn FillTable::look_again_or_lead(Part& part, const KeyRef& key, const EntryRef& known) {
  // A fill may have ended between the caller's look at the tier and now. Fills are stored before
  // they leave the table, so this look finds what has ended.
  if (EntryRef entry = tier_.peek(key); entry && entry != known) {
    if (entry->kind() == EntryKind::kMarker) return LookAgain{};
    return entry;
  }
  const std::shared_ptr<Fill> fill = make_fill(key);
  part.fills.emplace(fill->key().bytes, fill);
  return Lead(*this, fill);
}

std::optional<Lead> FillTable::try_lead(const KeyRef& key, const EntryRef& known) {
  Part& part = part_of(key);
  const std::scoped_lock lock(part.mutex);
  if (part.refusals.holds(key.hash, io::Clock::now()) || part.fills.contains(key.bytes)) {
    return std::nullopt;
  }
  Turn turn = look_again_or_lead(part, key, known);
  auto* const lead = std::get_if<Lead>(&turn);
  return lead == nullptr ? std::nullopt : std::optional<Lead>(std::move(*lead));
}

io::Task<core::Result<Turn>> FillTable::join(Coalescer::Request request, io::Loop& loop) {
  Entered entered = enter(request, loop);
  if (auto* const turn = std::get_if<Turn>(&entered)) co_return std::move(*turn);
  std::unique_ptr<FillReader> reader = std::get<std::unique_ptr<FillReader>>(std::move(entered));
  for (;;) {
    Fill::Standing standing = reader->fill().look();
    if (standing.phase == Fill::Phase::kVacant) {
      co_return Lead(*this, reader->fill().shared_from_this());
    }
    if (auto turn = next_turn(std::move(standing), reader)) co_return std::move(*turn);
    const io::WaitStatus status = co_await reader->changed().wait(request.deadline);
    if (status == io::WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginTimeout,
                              "another request's answer did not come in time");
    }
  }
}

void FillTable::remove(const Fill& fill) {
  Part& part = part_of(fill.key());
  std::shared_ptr<Fill> gone;  // Destroyed behind the lock.
  const std::scoped_lock lock(part.mutex);
  const auto found = part.fills.find(fill.key().bytes);
  if (found == part.fills.end() || found->second.get() != &fill) return;
  gone = std::move(found->second);
  part.fills.erase(found);
}

void FillTable::refuse(const Fill& fill) {
  {
    Part& part = part_of(fill.key());
    const std::scoped_lock lock(part.mutex);
    part.refusals.remember(fill.key().hash, io::Clock::now() + options_.remember_refusal);
  }
  remove(fill);
}

void FillTable::drop_stored(const Fill& fill) {
  if (const EntryRef stored = tier_.peek(fill.key())) tier_.remove(fill.key(), stored);
}

std::shared_ptr<Fill> FillTable::move(const Fill& fill, const KeyRef& key) {
  std::shared_ptr<Fill> moved = make_fill(key);
  if (fill.is_purged()) moved->purge();
  {
    Part& part = part_of(key);
    const std::scoped_lock lock(part.mutex);
    const bool is_new = part.fills.emplace(moved->key().bytes, moved).second;
    if (!is_new) moved->purge();
  }
  // A purge that came between the two has met one of them.
  if (fill.is_purged()) moved->purge();
  remove(fill);
  return moved;
}

void FillTable::purge(const PurgeScope& scope) {
  for (Part& part : parts_) {
    std::vector<std::shared_ptr<Fill>> gone;
    const std::scoped_lock lock(part.mutex);
    for (auto it = part.fills.begin(); it != part.fills.end();) {
      if (!scope.includes(it->second->key())) {
        ++it;
        continue;
      }
      it->second->purge();
      gone.push_back(std::move(it->second));
      it = part.fills.erase(it);
    }
  }
}

std::size_t FillTable::running() const {
  std::size_t count = 0;
  for (const Part& part : parts_) {
    const std::scoped_lock lock(part.mutex);
    count += part.fills.size();
  }
  return count;
}

}  // namespace yatagarasu::cache
