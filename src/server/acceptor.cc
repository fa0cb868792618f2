#include "server/acceptor.h"

#include "core/cidr.h"
#include "core/result.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/sleep.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "server/handler.h"
#include "server/options.h"

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

// How often the count is looked at while the connections are at their limit.
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

}  // namespace

Acceptor::Acceptor(io::Loop& loop, io::Listener listener, Handler& handler, const Options& options,
                   AcceptorShared& shared, OnProblem on_problem)
    : loop_(loop),
      listener_(std::move(listener)),
      handler_(handler),
      options_(options),
      shared_(shared),
      on_problem_(std::move(on_problem)),
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
    if (shared_.connections.load(std::memory_order_relaxed) >= options_.max_connections) {
      const io::TimePoint until = io::Clock::now() + kFullPause;
      co_await io::sleep_until(loop_, until);
      continue;
    }
    core::Result<io::Accepted> accepted = co_await listener_.accept();
    if (accepted) {
      serve(*accepted);
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

void Acceptor::serve(const io::Accepted& accepted) {
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  stats_.open.add();
  auto stream = std::make_unique<io::TcpStream>(loop_, accepted.descriptor);
  const auto place = connections_.insert(
      connections_.end(),
      std::make_unique<Connection>(loop_, std::move(stream), address_of(accepted.peer), handler_,
                                   options_, stats_));
  Connection& connection = **place;
  io::asio::co_spawn(loop_.executor(), connection.run(),
                     io::asio::bind_cancellation_slot(
                         connection.cancel_slot(), [this, place](const std::exception_ptr& error) {
                           if (error && !io::is_cancellation(error)) on_problem_(describe(error));
                           connections_.erase(place);
                           shared_.connections.fetch_sub(1, std::memory_order_relaxed);
                           stats_.open.subtract();
                         }));
}

}  // namespace yatagarasu::server
