#include "server/connection.h"

#include "core/cidr.h"
#include "core/result.h"
#include "http/codec/h1_request_parser.h"
#include "http/codec/h2_session.h"
#include "http/message.h"
#include "io/buffer_pool.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "server/body_reader.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/http2_connection.h"
#include "server/linger.h"
#include "server/options.h"
#include "server/response_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;

// How often a client whose request is being worked on is looked at: one that has gone stops the
// work for it after this long. Answers that take less cost no look at all.
constexpr std::chrono::milliseconds kWatchEvery = 200ms;

constexpr std::string_view kSpeakTls =
    "This port speaks TLS: ask for https:// instead of http://.\n";

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

http::H1RequestLimits parser_limits(const LimitOptions& limits) {
  return {.head_bytes = static_cast<std::size_t>(limits.header_size.bytes),
          .uri_bytes = static_cast<std::size_t>(limits.uri_length.bytes)};
}

std::string_view protocol_name(int version_minor) {
  return version_minor >= 1 ? "HTTP/1.1" : "HTTP/1.0";
}

// Sees an answer off, also when the writing is cancelled: what is not whole must not look so after
// an orderly close, and the observer is told how it ended.
class FinishReport {
 public:
  FinishReport(ResponseObserver* observer, const Written& written, io::Stream& stream)
      : observer_(observer), written_(written), stream_(stream) {}
  FinishReport(const FinishReport&) = delete;
  FinishReport& operator=(const FinishReport&) = delete;
  ~FinishReport() {
    const bool is_whole = written_.outcome == ResponseObserver::Outcome::kWhole;
    if (!is_whole && written_.ends_by_close) stream_.abort();
    if (observer_ != nullptr) observer_->finished(written_.outcome, written_.body_bytes);
  }

 private:
  ResponseObserver* observer_;
  const Written& written_;
  io::Stream& stream_;
};

}  // namespace

Connection::Next Connection::next_after(const Written& written) {
  switch (written.outcome) {
    case ResponseObserver::Outcome::kWhole: return written.keep_alive ? Next::kGoOn : Next::kLinger;
    case ResponseObserver::Outcome::kClientGone: return Next::kReset;
    case ResponseObserver::Outcome::kOriginCut: break;
  }
  return written.ends_by_close ? Next::kReset : Next::kClose;
}

Connection::Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream, core::IpAddress peer,
                       Handler& handler, const Options& options, ConnectionStats& stats,
                       Http2AbuseLog& abuses)
    : loop_(loop),
      stream_(std::move(stream)),
      peer_(peer),
      handler_(handler),
      options_(options),
      stats_(stats),
      abuses_(abuses),
      input_(loop.buffers()),
      parser_(parser_limits(options.limits)),
      watch_(loop.timers(), &Connection::on_watch, this) {}

Connection::~Connection() {
  if (!is_counted_) stats_.silent.add();
  if (is_active_) stats_.active.subtract();
}

// From the first byte of a request until its answer is written.
void Connection::count_request() {
  is_active_ = true;
  stats_.active.add();
  if (!std::exchange(is_counted_, true)) stats_.http1.add();
}

io::Task<void> Connection::run() {
  Next next = Next::kGoOn;
  io::TimePoint idle_since = io::Clock::now();
  while (next == Next::kGoOn) {
    if (input_.empty()) {
      input_.release_if_empty();
      if (!is_draining_) {
        // Not in a function of its own: every request begins with this wait, and would pay for the
        // coroutine.
        is_idle_ = true;
        const io::TimePoint deadline = idle_since + options_.timeouts.idle;
        const io::WaitStatus status = co_await stream_->wait(io::Want::kRead, deadline);
        is_idle_ = false;
        // A drain interrupts the wait; a request that has come by then is still served.
        if (status != io::WaitStatus::kReady && !is_draining_) break;
      }
      if (!receive()) break;
      if (input_.empty()) continue;
    }
    started_ = io::Clock::now();
    if (may_be_http2()) {
      const bool is_http2 = co_await begins_http2();
      if (is_http2) co_return co_await run_http2();
    }
    count_request();
    auto work = std::make_unique<Work>();
    if (const std::optional<Next> served = try_serve(*work)) {
      next = *served;
      idle_since = started_;  // As good as now, and known.
    } else {
      next = co_await serve(std::move(work));
      idle_since = io::Clock::now();
    }
    is_active_ = false;
    stats_.active.subtract();
  }
  co_await close(next);
}

// Of the first request's first byte.
bool Connection::may_be_http2() {
  return std::exchange(is_new_, false) && options_.http2 &&
         input_.unread().front() == http::kH2Preface[0];
}

io::Task<bool> Connection::begins_http2() {
  const auto may_be = [this] { return http::kH2Preface.starts_with(input_.unread()); };
  const io::TimePoint deadline = io::deadline_after(options_.timeouts.header);
  while (may_be() && input_.unread().size() < http::kH2Preface.size()) {
    const std::span<char> room = input_.prepare(io::BufferPool::kSize);
    const core::Result<std::size_t> got = co_await io::read_some(*stream_, room, deadline);
    if (!got || *got == 0) co_return false;  // The next attempt says so again.
    input_.commit(*got);
  }
  co_return input_.unread().starts_with(http::kH2Preface);
}

io::Task<void> Connection::run_http2() {
  is_counted_ = true;
  stats_.http2.add();
  http2_ = std::make_unique<Http2Connection>(loop_, std::move(stream_), peer_, handler_, options_,
                                             stats_, abuses_);
  if (is_draining_) http2_->drain();
  const std::string received(input_.unread());
  input_.consume(received.size());
  input_.release_if_empty();
  co_await http2_->run(received);
}

void Connection::cut() {
  if (http2_) {
    http2_->cut();
  } else {
    cancel_.emit(io::asio::cancellation_type::terminal);
  }
}

io::Task<void> Connection::close(Next how) {
  if (how == Next::kLinger) {
    is_answered_ = true;
    co_await linger(loop_, *stream_);
  }
  if (how == Next::kReset) stream_->abort();
  stream_->close();
}

io::Task<void> Connection::refuse_plain_http() {
  started_ = io::Clock::now();
  const io::TimePoint deadline = io::deadline_after(options_.timeouts.header);
  const std::size_t limit = parser_limits(options_.limits).head_bytes + 1;
  // Whatever there is to say of the request itself, this comes first.
  http::RequestHead head;
  while (parser_.parse(input_.unread(), head) == http::ParseProgress::kNeedMore) {
    const std::span<char> room = input_.prepare(limit);
    if (room.empty()) break;
    const core::Result<std::size_t> got = co_await io::read_some(*stream_, room, deadline);
    if (!got || *got == 0) break;
    input_.commit(*got);
  }
  Response response = handler_.refuse(400, "plain HTTP on a port for TLS", peer_, started_, loop_);
  response.headers.set("Content-Type", "text/plain");
  response.body = std::string(kSpeakTls);
  const Next next = co_await send_refusal(response, head.method);
  co_await close(next);
}

void Connection::drain() {
  is_draining_ = true;
  if (http2_) {
    http2_->drain();
    return;
  }
  if (is_idle_) stream_->interrupt();
}

// Takes in what has come of the next request, if anything has; false when none will come.
bool Connection::receive() {
  const io::IoResult read = stream_->try_read(input_.prepare(io::BufferPool::kSize));
  if (read.status == io::IoStatus::kOk) {
    input_.commit(read.bytes);
    return true;
  }
  return !is_draining_ && read.status != io::IoStatus::kEnd && read.status != io::IoStatus::kFailed;
}

std::optional<Connection::Next> Connection::try_serve(Work& work) {
  parser_ = http::H1RequestParser(parser_limits(options_.limits));
  work.progress = parser_.parse(input_.unread(), work.head);
  if (work.progress != http::ParseProgress::kDone) return std::nullopt;
  if (work.head.is_chunked || work.head.content_length.value_or(0) > 0) return std::nullopt;
  begin(work);
  auto* const response = std::get_if<Response>(&work.handled);
  if (response == nullptr) return std::nullopt;
  work.writer.emplace(loop_, *stream_, write_options(work.head, Next::kGoOn));
  if (!work.writer->try_write(*response)) return std::nullopt;
  const Next next = [&] {
    const FinishReport report(response->observer.get(), work.writer->written(), *stream_);
    return next_after(work.writer->written());
  }();
  input_.consume(parser_.head_size());
  return next;
}

io::Task<Connection::Next> Connection::serve(std::unique_ptr<Work> work) {
  if (work->progress != http::ParseProgress::kDone) {
    const Next read = co_await read_head(work->head, work->progress);
    if (read != Next::kGoOn) co_return read;
  }
  BodyEnd body;
  if (!work->request) {
    BodyReader reader(work->head, options_.limits.body_size.bytes,
                      options_.keeps_bodies ? &work->body : nullptr);
    if (const BodyReader::Status status = reader.begin(); status != BodyReader::Status::kDone) {
      body = co_await take_body(work->head, reader, status);
      if (body.is_answered) co_return body.next;
    }
    begin(*work);
  }
  watch_.arm(io::Clock::now() + kWatchEvery);
  if (auto* const task = std::get_if<io::Task<Response>>(&work->handled)) {
    Response response = co_await std::move(*task);
    work->handled = std::move(response);
  }
  std::optional<ResponseWriter>& begun = work->writer;
  ResponseWriter& writer =
      begun ? *begun : begun.emplace(loop_, *stream_, write_options(work->head, body.next));
  const Next next = co_await answer(std::get<Response>(work->handled), writer);
  if (next != Next::kGoOn) co_return next;

  input_.consume(parser_.head_size() + body.in_input);
  if (!body.behind.empty()) {
    const std::span<char> room = input_.prepare(body.behind.size() + 1);
    std::ranges::copy(body.behind, room.begin());
    input_.commit(body.behind.size());
  }
  co_return Next::kGoOn;
}

void Connection::begin(Work& work) {
  request_deadline_ =
      options_.timeouts.request.count() == 0 ? io::kNever : started_ + options_.timeouts.request;
  work.request.emplace(work.head, peer_, protocol_name(work.head.version_minor), started_,
                       request_deadline_, work.body, stream_->peer_subject());
  work.handled = handler_.handle(*work.request, loop_);
}

WriteOptions Connection::write_options(const http::RequestHead& head, Next after) const {
  return {.method = head.method,
          .version_minor = head.version_minor,
          .keep_alive = head.keep_alive && after == Next::kGoOn && !is_draining_,
          .write_stall = options_.timeouts.write_stall};
}

io::Task<Connection::Next> Connection::read_head(http::RequestHead& head,
                                                 http::ParseProgress progress) {
  const io::TimePoint deadline = io::deadline_after(options_.timeouts.header);
  const std::size_t limit = parser_limits(options_.limits).head_bytes + 1;
  while (progress == http::ParseProgress::kNeedMore) {
    const std::span<char> room = input_.prepare(limit);
    if (room.empty()) co_return co_await refuse(431, "the head is larger than the limit");
    const core::Result<std::size_t> got = co_await io::read_some(*stream_, room, deadline);
    if (got && *got > 0) {
      input_.commit(*got);
      progress = parser_.parse(input_.unread(), head);
      continue;
    }
    if (!parser_.has_begun()) co_return Next::kClose;
    if (got) co_return co_await refuse(400, "the head ends early");
    if (got.error().code != core::ErrorCode::kOriginTimeout) co_return Next::kClose;
    co_return co_await refuse(408, "the head took too long");
  }
  if (progress == http::ParseProgress::kDone) co_return Next::kGoOn;
  // RFC 9113 §3.4: a client that means HTTP/2 and begins it wrongly would take an answer of
  // HTTP/1.1 for frames.
  if (options_.http2 && parser_.failure().is_foreign) co_return Next::kClose;
  co_return co_await refuse(parser_.failure().status, parser_.failure().reason, head.method);
}

io::Task<bool> Connection::ask_for_body() {
  std::array<iovec, 1> parts = {
      iovec{.iov_base = const_cast<char*>(kContinue.data()), .iov_len = kContinue.size()}};
  const auto sent =
      co_await io::write_all(*stream_, parts, options_.timeouts.write_stall, io::More::kNo);
  co_return sent.has_value();
}

io::Task<BodyReader::Status> Connection::read_body(BodyReader& reader, BodyEnd& end,
                                                   http::Method method) {
  // The head's views point into input_, so the rest goes through a buffer of its own.
  io::BufferPool::Buffer scratch = loop_.buffers().take();
  const io::TimePoint deadline = io::deadline_after(options_.timeouts.header);
  BodyReader::Status status = BodyReader::Status::kMore;
  while (status == BodyReader::Status::kMore) {
    const core::Result<std::size_t> got =
        co_await io::read_some(*stream_, scratch.span(), deadline);
    if (!got || *got == 0) {
      end.is_answered = true;
      if (got) {
        end.next = co_await refuse(400, "the request body ends early", method);
      } else if (got.error().code == core::ErrorCode::kOriginTimeout) {
        end.next = co_await refuse(408, "the request body took too long", method);
      } else {
        end.next = Next::kClose;
      }
      co_return status;
    }
    const std::string_view bytes(scratch.data(), *got);
    const BodyReader::Step step = reader.feed(bytes);
    status = step.status;
    if (status == BodyReader::Status::kDone) end.behind = bytes.substr(step.consumed);
  }
  co_return status;
}

io::Task<Connection::BodyEnd> Connection::take_body(const http::RequestHead& head,
                                                    BodyReader& reader, BodyReader::Status status) {
  BodyEnd end;
  // A method that is refused anyhow is refused as such: nobody waits for its body.
  const bool is_refused = head.method == http::Method::kOther && !options_.keeps_bodies;
  const std::string_view here = input_.unread().substr(parser_.head_size());
  if (status == BodyReader::Status::kMore && !here.empty()) {
    const BodyReader::Step step = reader.feed(here);
    status = step.status;
    end.in_input = step.consumed;
  } else if (status == BodyReader::Status::kMore && head.expects_continue && !is_refused) {
    const bool is_asked = co_await ask_for_body();
    if (!is_asked) {
      end.next = Next::kClose;
      end.is_answered = true;
      co_return end;
    }
  }
  if (status == BodyReader::Status::kMore && !(is_refused && head.expects_continue)) {
    status = co_await read_body(reader, end, head.method);
  }
  if (status == BodyReader::Status::kDone || end.is_answered) co_return end;

  end.next = Next::kLinger;  // What follows in the stream cannot be told apart any more.
  if (status == BodyReader::Status::kMalformed) {
    end.next = co_await refuse(400, "the request body's chunked coding is malformed", head.method);
    end.is_answered = true;
  } else if (status == BodyReader::Status::kTooLarge && !is_refused) {
    end.next = co_await refuse(413, "the request body is larger than the limit", head.method);
    end.is_answered = true;
  }
  co_return end;
}

io::Task<Connection::Next> Connection::refuse(int status, std::string_view reason,
                                              http::Method method) {
  Response response = handler_.refuse(status, reason, peer_, started_, loop_);
  co_return co_await send_refusal(response, method);
}

io::Task<Connection::Next> Connection::send_refusal(Response& response, http::Method method) {
  const WriteOptions options{
      .method = method, .keep_alive = false, .write_stall = options_.timeouts.write_stall};
  ResponseWriter writer(loop_, *stream_, options);
  co_return co_await answer(response, writer);
}

io::Task<Connection::Next> Connection::answer(Response& response, ResponseWriter& writer) {
  is_answering_ = true;
  {
    const FinishReport report(response.observer.get(), writer.written(), *stream_);
    co_await writer.write(response);
  }
  is_answering_ = false;
  watch_.disarm();
  co_return next_after(writer.written());
}

void Connection::on_watch(void* self) {
  auto& connection = *static_cast<Connection*>(self);
  const io::TimePoint now = io::Clock::now();
  // Before the answer has begun the handler says itself that time is up.
  const bool is_late = connection.is_answering_ && now >= connection.request_deadline_;
  if (is_late || connection.stream_->peer_has_left()) {
    connection.cut();
    return;
  }
  connection.watch_.arm(now + kWatchEvery);
}

}  // namespace yatagarasu::server
