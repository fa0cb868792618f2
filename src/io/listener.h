#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <utility>

namespace yatagarasu::io {

struct Accepted {
  int descriptor;  // Non-blocking; the receiver's to close.
  Endpoint peer;
};

// A listening TCP socket of one loop. Several loops listen on one port (SO_REUSEPORT) and the
// kernel spreads the connections.
class Listener {
 public:
  // Fails with kSystem when the address cannot be bound. Port 0 picks a free one.
  static core::Result<Listener> open(Loop& loop, Endpoint address);

  // Whether another socket listens there already. SO_REUSEPORT would share the port with another
  // process of the same user without a word; call this before the first open().
  static core::Result<void> check_free(Endpoint address);

  Endpoint local_endpoint() const { return local_; }

  // The next connection; kSystem when the process is out of descriptors or memory, and when the
  // listener is closed.
  Task<core::Result<Accepted>> accept();

  // Pending accept() calls end.
  void close();
  bool is_open() const { return acceptor_.is_open(); }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
  Listener(Acceptor acceptor, Endpoint local) : acceptor_(std::move(acceptor)), local_(local) {}

  static constexpr int kBacklog = 4096;

  Acceptor acceptor_;
  Endpoint local_;
};

}  // namespace yatagarasu::io
