#pragma once

#include "io/listener.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "server/connection.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/options.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string_view>

namespace yatagarasu::server {

// What the acceptors of all loops share.
struct AcceptorShared {
  std::atomic<std::uint32_t> connections{0};  // Open now, over all loops.
};

// One loop's listener and the connections it accepted.
//
// Start: start(). End: drain() lets requests in flight finish, cut() ends them, and finished()
// says when nothing is left; only then may it be destroyed, unless its loop has stopped for good.
//
// Threading: the loop's thread, except the constructor.
class Acceptor {
 public:
  // Says what went wrong outside any request. Called on the loop's thread.
  using OnProblem = std::function<void(std::string_view what)>;

  Acceptor(io::Loop& loop, io::Listener listener, Handler& handler, const Options& options,
           AcceptorShared& shared, OnProblem on_problem);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();

  // From now on for every connection, those that are open included.
  void set_options(const Options& options) { options_ = options; }

  // The listener closes, idle connections end, busy ones after their answer.
  void drain();
  // Whatever is left ends at once. The number of connections that were cut before their last answer
  // was written.
  std::size_t cut();
  bool finished() const { return connections_.empty() && tasks_.empty(); }

  const ConnectionStats& stats() const { return stats_; }

 private:
  io::Task<void> accept_until_closed();
  void serve(const io::Accepted& accepted);

  io::Loop& loop_;
  io::Listener listener_;
  Handler& handler_;
  Options options_;
  AcceptorShared& shared_;
  OnProblem on_problem_;
  ConnectionStats stats_;
  std::list<std::unique_ptr<Connection>> connections_;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::server
