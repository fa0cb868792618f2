#include "cache/coalescer.h"

#include "cache/entry.h"
#include "cache/fill_table.h"
#include "cache/lead.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace yatagarasu::cache {

Coalescer::Coalescer(Tier& tier, const CoalescerOptions& options)
    : table_(std::make_unique<FillTable>(tier, options)) {}

Coalescer::~Coalescer() = default;

io::Task<core::Result<Turn>> Coalescer::join(Request request, io::Loop& loop) {
  return table_->join(std::move(request), loop);
}

std::optional<Lead> Coalescer::try_lead(const KeyRef& key, const EntryRef& known) {
  return table_->try_lead(key, known);
}

void Coalescer::purge(const PurgeScope& scope) {
  table_->purge(scope);
}

std::size_t Coalescer::running() const {
  return table_->running();
}

}  // namespace yatagarasu::cache
