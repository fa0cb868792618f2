#include "s3/prober.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/sleep.h"
#include "io/task.h"
#include "s3/client.h"
#include "s3/health.h"
#include "s3/request.h"

#include <exception>
#include <expected>
#include <string>
#include <utility>

namespace yatagarasu::s3 {
namespace {

using core::ErrorCode;

// An error that S3 itself answers still says that the bucket can be reached. What it refuses
// outright (no such bucket, our credentials) does not serve anybody.
bool is_up(const core::Error& error) {
  // Credentials that may read objects but not list the bucket get a 403 here.
  return error.code == ErrorCode::kForbidden;
}

}  // namespace

Prober::Prober(io::Loop& loop, Client& client, BucketHealth& health, OnChange on_change)
    : loop_(loop),
      client_(client),
      health_(health),
      on_change_(std::move(on_change)),
      tasks_(loop.executor(), [this](const std::exception_ptr&) {
        health_.failed();
        on_change_(BucketState::kDown, "the probe ended by an exception");
      }) {}

io::Task<void> Prober::probe_until_stopped() {
  for (;;) {
    co_await probe_once();
    const io::TimePoint until = io::Clock::now() + kInterval;
    co_await io::sleep_until(loop_, until);
  }
}

io::Task<core::Result<void>> Prober::ask_bucket() {
  ObjectRequest request;
  request.operation = Operation::kHeadBucket;
  request.deadline = io::Clock::now() + kTimeout;
  Trace trace;
  core::Result<ObjectAnswer> answer = co_await client_.ask_once(request, trace);
  if (!answer && trace.status >= 400 && trace.status < 500) {
    request.operation = Operation::kListBucket;
    request.query = "list-type=2&max-keys=0";
    answer = co_await client_.ask_once(request, trace);
  }
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return core::Result<void>();
}

io::Task<void> Prober::probe_once() {
  const core::Result<void> asked = co_await ask_bucket();
  if (!asked && asked.error().code == ErrorCode::kCancelled) co_return;
  const bool up = asked.has_value() || is_up(asked.error());
  const std::string detail = up ? std::string() : asked.error().detail;
  if (up) {
    health_.answered();
  } else {
    health_.failed();
  }
  health_.set_credentials_refused(!up && asked.error().code == ErrorCode::kOriginRefusesUs);
  if (has_reported_ && detail == last_detail_) co_return;
  has_reported_ = true;
  last_detail_ = detail;
  on_change_(up ? BucketState::kUp : BucketState::kDown, detail);
}

}  // namespace yatagarasu::s3
