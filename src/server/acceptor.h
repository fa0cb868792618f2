#pragma once

#include "core/cidr.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "io/tls_server_context.h"
#include "server/connection.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/options.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <utility>

namespace yatagarasu::server {

// What the acceptors of all loops share.
struct AcceptorShared {
  std::atomic<std::uint32_t> connections{0};  // Open now, over all loops.
  Http2Abuses http2_abuses;
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
  // Connections accepted from now on speak TLS as `context` says, those before as they began; null:
  // plain text. Before start(), or on the loop.
  void set_tls(std::shared_ptr<const io::TlsServerContext> context) { tls_ = std::move(context); }
  // Told of handshakes that come to nothing, which scanners bring about all day.
  using OnHandshakeFailure = std::function<void(const core::IpAddress& peer, std::string_view why)>;
  void on_handshake_failure(OnHandshakeFailure tell) { tell_of_failure_ = std::move(tell); }

  // The listener closes, idle connections end, busy ones after their answer.
  void drain();
  // Whatever is left ends at once. The number of connections that were cut before their last answer
  // was written.
  std::size_t cut();
  bool finished() const { return connections_.empty() && tasks_.empty(); }

  const ConnectionStats& stats() const { return stats_; }

 private:
  // One of the open connections that are counted.
  class Place;

  io::Task<void> accept_until_closed();
  bool is_full() const;
  void take(const io::Accepted& accepted);
  io::Task<void> secure(std::unique_ptr<io::TcpStream> transport, core::IpAddress peer,
                        std::shared_ptr<const io::TlsServerContext> tls, Place place);
  // What a connection does with its life.
  using Life = io::Task<void> (Connection::*)();
  void begin(std::unique_ptr<io::Stream> stream, const core::IpAddress& peer, Place place,
             Life life);

  io::Loop& loop_;
  io::Listener listener_;
  Handler& handler_;
  Options options_;
  AcceptorShared& shared_;
  OnProblem on_problem_;
  Http2AbuseLog http2_abuses_;
  ConnectionStats stats_;
  std::shared_ptr<const io::TlsServerContext> tls_;  // Null: plain text.
  OnHandshakeFailure tell_of_failure_;
  std::size_t handshakes_ = 0;  // Under way.
  std::list<std::unique_ptr<Connection>> connections_;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::server
