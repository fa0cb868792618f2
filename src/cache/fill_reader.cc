#include "cache/fill_reader.h"

#include "cache/fill.h"
#include "cache/fill_body.h"
#include "cache/fill_table.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <expected>
#include <memory>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

FillReader::FillReader(FillTable& table, std::shared_ptr<Fill> fill, Fill::SeatRef seat)
    : table_(table), fill_(std::move(fill)), seat_(seat) {}

std::unique_ptr<FillReader> FillReader::join(FillTable& table, std::shared_ptr<Fill> fill,
                                             io::Loop& loop) {
  const auto seat = fill->join(loop);
  if (!seat) return nullptr;
  return std::unique_ptr<FillReader>(new FillReader(table, std::move(fill), *seat));
}

std::unique_ptr<FillReader> FillReader::make(FillTable& table, std::shared_ptr<Fill> fill,
                                             io::Loop& loop) {
  const Fill::SeatRef seat = fill->sit(loop);
  return std::unique_ptr<FillReader>(new FillReader(table, std::move(fill), seat));
}

FillReader::~FillReader() {
  if (fill_->leave(seat_) == Fill::IsAlive::kNo) table_.remove(*fill_);
}

core::Result<Fill::Read> FillReader::read() {
  core::Result<Fill::Read> read = fill_->read(seat_, held_.bytes.size());
  held_ = read ? read->view : FillBody::View();
  return read;
}

std::string_view FillReader::ready() {
  const core::Result<Fill::Read> now = read();
  return now ? now->view.bytes : std::string_view();  // What has failed fails again in next().
}

io::Task<core::Result<std::string_view>> FillReader::next() {
  for (;;) {
    const core::Result<Fill::Read> now = read();
    if (!now) co_return std::unexpected(now.error());
    if (now->is_end || !now->view.bytes.empty()) co_return now->view.bytes;
    // Without a deadline of its own: the fill's source has one, and every end of it is told.
    const io::WaitStatus status = co_await changed().wait(io::kNever);
    static_cast<void>(status);
  }
}

}  // namespace yatagarasu::cache
