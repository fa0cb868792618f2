#include "cache/memory/memory_tier.h"

#include "cache/entry.h"
#include "cache/memory/memory_store.h"
#include "cache/memory/memory_writer.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/task.h"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// Steps of a purge after which the loop sees to its other tasks: some milliseconds.
constexpr unsigned kStepsPerTurn = 64;

}  // namespace

MemoryTier::MemoryTier(const MemoryTierOptions& options)
    : store_(std::make_unique<MemoryStore>(options.max_size.bytes, options.threads)) {}

MemoryTier::~MemoryTier() = default;

std::optional<EntryRef> MemoryTier::try_find(const KeyRef& key) {
  return store_->find(key);
}

io::Task<EntryRef> MemoryTier::find(KeyRef key) {
  co_return store_->find(key);
}

EntryRef MemoryTier::peek(const KeyRef& key) {
  return store_->peek(key);
}

Stored<std::unique_ptr<EntryWriter>> MemoryTier::open(const WriteRequest& request) {
  return MemoryWriter::open(*store_, request);
}

std::optional<Stored<EntryRef>> MemoryTier::try_replace(const KeyRef& key, const EntryRef& known,
                                                        std::string_view metadata) {
  return store_->replace(key, known, metadata);
}

io::Task<Stored<EntryRef>> MemoryTier::replace(KeyRef key, EntryRef known, std::string metadata) {
  co_return store_->replace(key, known, metadata);
}

void MemoryTier::remove(const KeyRef& key, const EntryRef& known) {
  store_->remove(key, known);
}

io::Task<core::Result<std::uint64_t>> MemoryTier::purge(PurgeScope scope) {
  if (!scope.single_key().bytes.empty()) co_return store_->purge_key(scope);
  const auto executor = co_await io::asio::this_coro::executor;
  MemoryStore::PurgeWalk walk;
  for (unsigned step = 1; store_->purge_step(scope, walk) == MemoryStore::Progress::kMore; ++step) {
    if (step % kStepsPerTurn != 0) continue;
    co_await io::asio::post(executor, io::asio::deferred);
  }
  store_->trim();
  co_return walk.removed;
}

TierStats MemoryTier::stats() const {
  return store_->stats();
}

}  // namespace yatagarasu::cache
