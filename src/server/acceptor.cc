#include "server/acceptor.h"

#include "core/cidr.h"
#include "core/result.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/sleep.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "io/tls_server.h"
#include "io/tls_server_context.h"
#include "server/connection.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/options.h"
#include "server/tls.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;

// TLS handshakes under way on one loop, those whose client has yet to say something included; what
// comes beyond waits in the accept queue. Each may hold some 30 KiB, and none longer than
// timeouts.header.
constexpr std::size_t kMaxHandshakes = 1024;

// How often the counts are looked at while one is at its limit.
constexpr std::chrono::milliseconds kFullPause = 20ms;

// After a failed accept (out of descriptors, say): an idle wait instead of a busy loop, and at
// most one line a second in the log.
constexpr std::chrono::milliseconds kFailurePause = 200ms;
constexpr std::chrono::milliseconds kReportEvery = 1'000ms;

core::IpAddress address_of(const io::Endpoint& peer) {
  const auto address = peer.address();
  if (address.is_v4()) return core::IpAddress::from_v4(address.to_v4().to_bytes());
  return core::IpAddress::from_v6(address.to_v6().to_bytes());
}

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception that is none of std::exception";
  }
}

// Counts what is under way, however it ends.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  std::size_t& count_;
};

}  // namespace

class Acceptor::Place {
 public:
  Place(AcceptorShared& shared, ConnectionStats& stats) : shared_(&shared), stats_(&stats) {
    shared.connections.fetch_add(1, std::memory_order_relaxed);
    stats.open.add();
  }
  Place(Place&& other) noexcept
      : shared_(std::exchange(other.shared_, nullptr)), stats_(other.stats_) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (shared_ == nullptr) return;
    shared_->connections.fetch_sub(1, std::memory_order_relaxed);
    stats_->open.subtract();
  }

 private:
  AcceptorShared* shared_;  // Null once moved from.
  ConnectionStats* stats_;
};

Acceptor::Acceptor(io::Loop& loop, io::Listener listener, Handler& handler, const Options& options,
                   AcceptorShared& shared, OnProblem on_problem)
    : loop_(loop),
      listener_(std::move(listener)),
      handler_(handler),
      options_(options),
      shared_(shared),
      on_problem_(std::move(on_problem)),
      http2_abuses_(shared.http2_abuses, on_problem_),
      tasks_(loop.executor(),
             [this](const std::exception_ptr& error) { on_problem_(describe(error)); }) {}

void Acceptor::start() {
  tasks_.spawn(accept_until_closed());
}

void Acceptor::drain() {
  listener_.close();
  tasks_.request_stop();
  for (const auto& connection : connections_) connection->drain();
}

std::size_t Acceptor::cut() {
  const auto unanswered = std::ranges::count_if(
      connections_, [](const auto& connection) { return !connection->is_answered(); });
  // A connection may end, and leave the list, while it is cut: step first.
  for (auto it = connections_.begin(); it != connections_.end();) (*it++)->cut();
  return static_cast<std::size_t>(unanswered);
}

io::Task<void> Acceptor::accept_until_closed() {
  io::TimePoint next_report{};
  while (listener_.is_open()) {
    if (is_full()) {
      const io::TimePoint until = io::Clock::now() + kFullPause;
      co_await io::sleep_until(loop_, until);
      continue;
    }
    core::Result<io::Accepted> accepted = co_await listener_.accept();
    if (accepted) {
      take(*accepted);
      continue;
    }
    if (!listener_.is_open()) break;
    const io::TimePoint now = io::Clock::now();
    if (now >= next_report) {
      next_report = now + kReportEvery;
      on_problem_(accepted.error().detail);
    }
    const io::TimePoint until = now + kFailurePause;
    co_await io::sleep_until(loop_, until);
  }
}

bool Acceptor::is_full() const {
  return handshakes_ >= kMaxHandshakes ||
         shared_.connections.load(std::memory_order_relaxed) >= options_.max_connections;
}

void Acceptor::take(const io::Accepted& accepted) {
  Place place(shared_, stats_);
  auto stream = std::make_unique<io::TcpStream>(loop_, accepted.descriptor);
  const core::IpAddress peer = address_of(accepted.peer);
  if (tls_ == nullptr) {
    begin(std::move(stream), peer, std::move(place), &Connection::run);
  } else {
    tasks_.spawn(secure(std::move(stream), peer, tls_, std::move(place)));
  }
}

io::Task<void> Acceptor::secure(std::unique_ptr<io::TcpStream> transport, core::IpAddress peer,
                                std::shared_ptr<const io::TlsServerContext> tls, Place place) {
  const Counted counted(handshakes_);
  const io::TimePoint deadline = io::deadline_after(options_.timeouts.header);
  const io::Opening opening = co_await io::look_at_opening(*transport, deadline);
  // Where the listener has closed all is drained, and no request has begun here.
  if (opening == io::Opening::kNone || !listener_.is_open()) co_return;
  if (opening == io::Opening::kHttp) {
    begin(std::move(transport), peer, std::move(place), &Connection::refuse_plain_http);
    co_return;
  }
  auto secured = co_await io::tls_accept(loop_, std::move(transport), std::move(tls), deadline);
  if (!listener_.is_open()) co_return;
  if (secured) {
    const bool is_http2 = (*secured)->application_protocol() == kAlpnHttp2;
    begin(*std::move(secured), peer, std::move(place),
          is_http2 ? &Connection::run_http2 : &Connection::run);
  } else if (tell_of_failure_) {
    tell_of_failure_(peer, secured.error().detail);
  }
}

void Acceptor::begin(std::unique_ptr<io::Stream> stream, const core::IpAddress& peer, Place place,
                     Life life) {
  const auto entry = connections_.insert(
      connections_.end(), std::make_unique<Connection>(loop_, std::move(stream), peer, handler_,
                                                       options_, stats_, http2_abuses_));
  Connection& connection = **entry;
  io::asio::co_spawn(loop_.executor(), (connection.*life)(),
                     io::asio::bind_cancellation_slot(
                         connection.cancel_slot(),
                         [this, entry, held = std::move(place)](const std::exception_ptr& error) {
                           if (error && !io::is_cancellation(error)) on_problem_(describe(error));
                           connections_.erase(entry);
                         }));
}

}  // namespace yatagarasu::server
