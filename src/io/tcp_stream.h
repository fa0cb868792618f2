#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/poller.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/timer_wheel.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace yatagarasu::io {

using Endpoint = asio::ip::tcp::endpoint;

// A connected TCP socket of one loop. Does not outlive the loop.
class TcpStream final : public Stream {
 public:
  // Takes over a connected, non-blocking socket.
  TcpStream(Loop& loop, int descriptor);
  ~TcpStream() override = default;

  // kOriginTimeout when the deadline passes, kOriginUnreachable when the peer refuses, kCancelled.
  static Task<core::Result<std::unique_ptr<TcpStream>>> connect(Loop& loop, Endpoint peer,
                                                                TimePoint deadline);

  IoResult try_read(std::span<char> buffer) override;
  IoResult try_write(std::span<const iovec> parts, More more) override;
  Task<WaitStatus> wait(Want want, TimePoint deadline) override;
  void interrupt() override;
  bool peer_has_left() const override;
  std::size_t in_transit() const override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  int plain_descriptor() const override { return socket_.descriptor(); }
  void exhausted(Want want) override { socket_.exhausted(want); }
  // Whether a wait would end at once.
  bool is_ready(Want want) const { return socket_.is_ready(want); }
  std::string last_error() const override;

 private:
  // Turns a failed system call's errno into what the caller does next.
  IoResult failed(int error, Want attempted);
  static void on_deadline(void* self);

  Poller::Socket socket_;
  int error_ = 0;  // errno of the last failure.
  bool timed_out_ = false;
  TimerWheel::Timer timer_;
};

}  // namespace yatagarasu::io
