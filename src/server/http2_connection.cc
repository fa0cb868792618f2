#include "server/http2_connection.h"

#include "core/cidr.h"
#include "core/result.h"
#include "http/codec/h2_abuse.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_request.h"
#include "http/codec/h2_session.h"
#include "http/message.h"
#include "io/buffer_pool.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/signal.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "server/connection_stats.h"
#include "server/current_date.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/http2_body.h"
#include "server/http2_progress.h"
#include "server/linger.h"
#include "server/options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;
using Outcome = ResponseObserver::Outcome;

// How often time-outs and the client's presence are looked at while there is something to look at.
constexpr std::chrono::milliseconds kTickEvery = 200ms;

// What a client may take to end a request that has been refused before its body; meanwhile what
// comes is still checked.
constexpr std::chrono::milliseconds kEndWithin = 400ms;

// What is packed at a time. Between two batches the client is heard: it may reset a stream, or ask
// for something more urgent.
constexpr std::size_t kBatch = 256 * 1024;
// Parts of one gather-write.
constexpr std::size_t kGathered = 64;

http::H2RequestLimits limits_of(const Options& options) {
  return {.head_bytes = static_cast<std::size_t>(options.limits.header_size.bytes),
          .uri_bytes = static_cast<std::size_t>(options.limits.uri_length.bytes),
          .body_bytes = options.limits.body_size.bytes,
          .keeps_bodies = options.keeps_bodies};
}

// What `make` returns, made where it is wanted instead of moved there.
template <class Make>
struct InPlace {
  const Make& make;
  operator Handled() const { return make(); }  // NOLINT(google-explicit-constructor): its purpose.
};

}  // namespace

// One request being worked on. Used again for the next one in its slot.
class Http2Connection::Stream {
 public:
  Stream(io::Loop& loop, http::H2Slot number) : slot(number), may_go_on(loop) {}

  const http::H2Slot slot;
  http::Method method = http::Method::kOther;
  std::optional<Request> request;
  std::optional<Handled> handled;
  Http2Body body;
  io::Signal may_go_on;                 // The last piece is written, or a window has opened.
  io::TaskGroup::TaskId task{};         // Of no meaning without has_task.
  io::TimePoint deadline = io::kNever;  // Of the request (timeouts.request).
  Http2Progress progress;               // Of the answer.
  bool has_task = false;
  bool is_answered = false;  // The answer has begun.
  bool is_reported = false;
  bool is_closed = false;  // Only its task is waited for.
  bool is_in_batch = false;
  bool waits_for_window = false;

  // Something to send, now or as soon as there is a window.
  bool has_more() const { return waits_for_window || body.offer(1).bytes > 0; }
  bool is_being_answered() const { return is_answered && !is_closed && !is_reported; }
  Response* response() { return handled ? std::get_if<Response>(&*handled) : nullptr; }
  io::Task<Response>* pending() {
    return handled ? std::get_if<io::Task<Response>>(&*handled) : nullptr;
  }

  void report_begun() {
    Response* const answer = response();
    if (is_reported || answer == nullptr || answer->observer == nullptr) return;
    if (std::holds_alternative<std::unique_ptr<io::ByteSource>>(answer->body)) {
      answer->observer->begun();
    }
  }
  // Tells the observer, once.
  void report(Outcome outcome) {
    Response* const answer = response();
    if (is_reported || answer == nullptr) return;
    is_reported = true;
    if (answer->observer != nullptr) answer->observer->finished(outcome, body.packed());
  }
  // The same, where no more will be sent.
  void report_incomplete() { report(body.is_cut() ? Outcome::kOriginCut : Outcome::kClientGone); }
  void reset() {
    handled.reset();
    request.reset();
    deadline = io::kNever;
    is_answered = is_reported = is_closed = is_in_batch = waits_for_window = false;
  }
};

Http2Connection::Http2Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                                 core::IpAddress peer, Handler& handler, const Options& options,
                                 ConnectionStats& stats, Http2AbuseLog& abuses)
    : loop_(loop),
      stream_(std::move(stream)),
      peer_(peer),
      handler_(handler),
      options_(options),
      stats_(stats),
      abuses_(abuses),
      began_(io::Clock::now()),
      session_(limits_of(options), *this, began_),
      now_(began_),
      idle_since_(began_),
      tick_(loop.timers(), &Http2Connection::on_tick, this),
      tasks_(loop.executor(), [this](const std::exception_ptr& error) {
        failure_ = error;
        cut();
      }) {}

Http2Connection::~Http2Connection() {
  if (running_ > 0) stats_.active.subtract();
}

io::Task<void> Http2Connection::run(std::string_view received) {
  End end = End::kGone;
  try {
    end = co_await serve(received);
  } catch (...) {
    failure_ = std::current_exception();
  }
  note_end();
  tick_.disarm();
  tasks_.request_stop();
  for (const auto& stream : streams_) {
    if (stream != nullptr) stream->report_incomplete();
  }
  co_await close(end);
  co_await tasks_.join();
  if (failure_) std::rethrow_exception(failure_);
}

io::Task<Http2Connection::End> Http2Connection::serve(std::string_view received) {
  session_.receive(received, began_);
  for (;;) {
    act();
    // With more to pack others have their turn between two batches, as long as there is room.
    const bool has_more = session_.pull(output_, kBatch);
    io::WaitStatus status = io::WaitStatus::kReady;
    if (try_write() != io::IoStatus::kOk) status = co_await write_rest();
    if (const auto end = end_after_batch(status)) co_return *end;

    if (has_more) {
      status = co_await io::wait_to_write(*stream_, options_.timeouts.write_stall);
      if (status == io::WaitStatus::kTimedOut) co_return reads_too_slowly();
    } else if (!is_woken_) {
      const io::TimePoint deadline = idle_deadline();
      is_waiting_ = true;
      status = co_await stream_->wait(io::Want::kRead, deadline);
      is_waiting_ = false;
    }
    if (const auto end = end_after_wait(status)) co_return *end;
  }
}

std::optional<Http2Connection::End> Http2Connection::end_after_batch(io::WaitStatus written) {
  if (written == io::WaitStatus::kTimedOut) return reads_too_slowly();
  if (written == io::WaitStatus::kFailed) return End::kGone;
  on_batch_written();
  if (is_cut_) return End::kGone;
  if (session_.is_over()) return End::kOrderly;

  if (is_idle()) {
    output_.release();
  } else if (!is_ticking_) {
    is_ticking_ = true;
    tick_.arm(io::Clock::now() + kTickEvery);
  }
  return std::nullopt;
}

std::optional<Http2Connection::End> Http2Connection::end_after_wait(io::WaitStatus waited) {
  if (is_cut_) return End::kGone;
  if (waited == io::WaitStatus::kTimedOut) {
    session_.go_away();
    return std::nullopt;
  }
  // Whoever woke it has interrupted the wait.
  const bool is_woken = std::exchange(is_woken_, false);
  if (waited == io::WaitStatus::kFailed && !is_woken) return End::kGone;
  return receive() ? std::nullopt : std::optional(End::kGone);
}

Http2Connection::End Http2Connection::reads_too_slowly() {
  note(http::H2Abuse::kSlowRead);
  return End::kReset;
}

bool Http2Connection::receive() {
  io::BufferPool::Buffer buffer = loop_.buffers().take();
  const io::IoResult read = stream_->try_read(buffer.span());
  switch (read.status) {
    case io::IoStatus::kOk:
      now_ = io::Clock::now();
      is_heard_out_ = is_heard_out_ || read.bytes < buffer.span().size();
      session_.set_limits(limits_of(options_));
      session_.receive({buffer.data(), read.bytes}, now_);
      return true;
    case io::IoStatus::kWantRead: is_heard_out_ = true; return true;
    case io::IoStatus::kWantWrite: return true;
    case io::IoStatus::kEnd:
    case io::IoStatus::kFailed: break;
  }
  return false;
}

void Http2Connection::act() {
  while (const auto slot = session_.next_request()) start(*slot);
  while (const auto slot = session_.next_closed()) on_closed(*slot);
  if (!session_.windows_moved()) return;
  for (const auto& stream : streams_) {
    if (stream != nullptr && stream->waits_for_window) stream->may_go_on.notify();
  }
}

void Http2Connection::start(http::H2Slot slot) {
  if (streams_.size() <= slot) streams_.resize(slot + 1);
  if (streams_[slot] == nullptr) streams_[slot] = std::make_unique<Stream>(loop_, slot);
  Stream& stream = *streams_[slot];
  const http::H2Request& request = session_.request(slot);
  if (running_++ == 0) stats_.active.add();
  stream.method = request.head().method;
  if (const auto& failure = request.failure()) {
    stream.handled =
        handler_.refuse(failure->status, failure->reason, peer_, request.started(), loop_);
  } else {
    if (options_.timeouts.request.count() != 0) {
      stream.deadline = request.started() + options_.timeouts.request;
    }
    stream.request.emplace(request.head(), peer_, "HTTP/2", request.started(), stream.deadline,
                           request.body(), stream_->peer_subject());
    const auto handle = [&] { return handler_.handle(*stream.request, loop_); };
    stream.handled.emplace(InPlace{handle});
  }
  if (stream.response() != nullptr) answer(stream);
  if (stream.response() == nullptr || stream.body.wants_more()) {
    stream.has_task = true;  // Until it ends, which may be within this call.
    stream.task = tasks_.spawn(run_stream(stream));
  }
}

io::Task<void> Http2Connection::run_stream(Stream& stream) {
  const struct TaskEnd {
    ~TaskEnd() { connection.on_task_end(stream); }
    Http2Connection& connection;
    Stream& stream;
  } end{*this, stream};

  if (auto* const task = stream.pending()) {
    Response response = co_await std::move(*task);
    stream.handled = std::move(response);
    answer(stream);
    wake();
  }
  while (stream.body.wants_more()) {
    // In this order: has_window() is meaningless once the stream is closed.
    if (stream.is_closed) co_return;
    stream.waits_for_window = !session_.has_window(stream.slot);
    if (stream.is_in_batch || stream.waits_for_window || !stream.body.wants_piece()) {
      co_await stream.may_go_on.wait();
      continue;
    }
    const core::Result<std::string_view> piece = co_await stream.body.source().next();
    stream.body.take(piece);
    session_.resume(stream.slot);
    wake();
  }
}

void Http2Connection::on_task_end(Stream& stream) {
  stream.has_task = false;
  if (!stream.is_closed) return;
  release(stream);
  wake();  // With the last stream the time begins that a connection may be idle.
}

void Http2Connection::answer(Stream& stream) {
  Response& response = *stream.response();
  stream.is_answered = true;
  stream.progress.begin(now_);
  stream.body.begin(response, stream.method);
  session_.respond(stream.slot,
                   {.status = response.status,
                    .headers = response.headers,
                    .content_length = stream.body.announced(),
                    .date = response.headers.has("Date") ? std::string_view() : current_date(),
                    .has_body = stream.body.has_body()});
  if (response.close) session_.go_away();
}

io::IoStatus Http2Connection::try_write() {
  while (!output_.empty()) {
    std::array<iovec, kGathered> room{};
    const io::IoResult sent = stream_->try_write(output_.gather(room), io::More::kNo);
    if (sent.status != io::IoStatus::kOk) return sent.status;
    output_.written(sent.bytes);
    written_ += sent.bytes;
  }
  return io::IoStatus::kOk;
}

io::Task<io::WaitStatus> Http2Connection::write_rest() {
  is_heard_out_ = false;
  for (;;) {
    const io::IoStatus written = try_write();
    if (written == io::IoStatus::kOk) co_return io::WaitStatus::kReady;
    if (written == io::IoStatus::kEnd || written == io::IoStatus::kFailed) {
      co_return io::WaitStatus::kFailed;
    }
    const io::WaitStatus status =
        co_await io::wait_to_write(*stream_, options_.timeouts.write_stall, written);
    if (status != io::WaitStatus::kReady) co_return status;
  }
}

void Http2Connection::on_batch_written() {
  for (Stream* const stream : in_batch_) {
    stream->is_in_batch = false;
    stream->may_go_on.notify();
  }
  in_batch_.clear();
  while (const auto slot = session_.next_begun()) streams_[*slot]->report_begun();
  while (const auto slot = session_.next_sent()) {
    Stream& stream = *streams_[*slot];
    stream.report(Outcome::kWhole);
    // The entry of the cache, or the connection to the origin, is free for others at once.
    if (!stream.has_task) stream.handled.reset();
  }
  while (const auto slot = session_.next_closed()) on_closed(*slot);
}

void Http2Connection::on_closed(http::H2Slot slot) {
  Stream& stream = *streams_[slot];
  stream.is_closed = true;
  if (stream.has_task) {
    tasks_.cancel(stream.task);  // May release it.
  } else {
    release(stream);
  }
}

void Http2Connection::release(Stream& stream) {
  stream.report_incomplete();
  stream.reset();
  if (--running_ == 0) stats_.active.subtract();
  idle_since_ = now_;
  session_.release(stream.slot);
}

bool Http2Connection::is_idle() const {
  return session_.open_streams() == 0 && running_ == 0 && session_.are_settings_acked() &&
         !session_.unfinished_since();
}

io::TimePoint Http2Connection::idle_deadline() const {
  return session_.open_streams() == 0 && running_ == 0 ? idle_since_ + options_.timeouts.idle
                                                       : io::kNever;
}

void Http2Connection::wake() {
  is_woken_ = true;
  if (is_waiting_) stream_->interrupt();
}

void Http2Connection::drain() {
  session_.go_away();
  wake();
}

void Http2Connection::cut() {
  is_cut_ = true;
  stream_->close();
}

void Http2Connection::note_end() {
  if (const auto abuse = session_.abuse()) note(*abuse);
}

io::Task<void> Http2Connection::close(End how) {
  is_answered_ = how == End::kOrderly;
  // What a flood has left to say is not read: that would cost more than to bear it did.
  const std::optional<http::H2Abuse> abuse = session_.abuse();
  const bool is_flood = abuse && http::is_flood(*abuse);
  if (how == End::kOrderly && !is_cut_ && !is_flood) co_await linger(loop_, *stream_);
  if (how == End::kReset) stream_->abort();
  stream_->close();
}

void Http2Connection::on_tick(void* self) {
  auto& connection = *static_cast<Http2Connection*>(self);
  const io::TimePoint now = io::Clock::now();
  connection.now_ = now;
  connection.is_ticking_ = false;
  if (connection.is_idle()) return;
  if (connection.running_ > 0 && connection.stream_->peer_has_left()) {
    connection.cut();
    return;
  }
  connection.is_ticking_ = true;
  connection.tick_.arm(now + kTickEvery);
  connection.check_client(now);
}

void Http2Connection::check_client(io::TimePoint now) {
  if (is_heard_out_) check_punctuality(now);
  for (const auto& stream : streams_) {
    if (stream == nullptr || !stream->is_being_answered()) continue;
    if (now >= stream->deadline) session_.reset(stream->slot, http::H2Error::kCancel);
  }
  check_windows(now);
  wake();
}

void Http2Connection::check_punctuality(io::TimePoint now) {
  const io::TimePoint header_limit = now - options_.timeouts.header;
  if (!session_.are_settings_acked() && began_ < header_limit) {
    session_.end(http::H2Abuse::kSettingsNotAcked, http::H2Error::kSettingsTimeout);
  }
  if (const auto since = session_.unfinished_since(); since && *since < header_limit) {
    session_.end(http::H2Abuse::kSlowHead);
  }
  session_.expire_bodies(header_limit, now - kEndWithin);
}

// Looks for windows that are kept shut: there is something to send, and the client has all that was
// sent before.
void Http2Connection::check_windows(io::TimePoint now) {
  const std::uint64_t in_transit = stream_->in_transit();
  intake_.update(written_ - std::min(in_transit, written_), now);
  const io::TimePoint of_all = progress_.at(intake_);
  for (const auto& stream : streams_) {
    if (stream == nullptr || !stream->is_being_answered() || !session_.is_open(stream->slot)) {
      continue;
    }
    if (!stream->has_more() || session_.has_window(stream->slot)) stream->progress.begin(now);
    io::TimePoint since = stream->progress.at(intake_);
    // Where only the connection's is shut, others may have used it up.
    if (session_.has_own_window(stream->slot)) since = std::max(since, of_all);
    if (!is_heard_out_ || now - since <= options_.timeouts.write_stall) continue;
    note(http::H2Abuse::kZeroWindow);
    stream->progress.begin(now);
    session_.reset(stream->slot, http::H2Error::kEnhanceYourCalm);
  }
}

http::H2Bodies::Offer Http2Connection::offer(http::H2Slot slot, std::size_t most) noexcept {
  return streams_[slot]->body.offer(most);
}

void Http2Connection::append(http::H2Slot slot, std::size_t bytes,
                             http::H2Output& output) noexcept {
  Stream& stream = *streams_[slot];
  stream.body.append(bytes, output);
  stream.progress.packed(written_ + output.size(), now_);
  progress_ = stream.progress;
  if (!stream.body.wants_piece() || stream.is_in_batch) return;
  stream.is_in_batch = true;
  in_batch_.push_back(&stream);
}

}  // namespace yatagarasu::server
