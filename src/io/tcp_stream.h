#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/timer_wheel.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace yatagarasu::io {

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Endpoint = asio::ip::tcp::endpoint;

// A connected TCP socket of one loop. Does not outlive the loop.
class TcpStream final : public Stream {
 public:
  // Takes over a connected, non-blocking socket.
  TcpStream(Loop& loop, TcpSocket socket);
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
  int plain_descriptor() const override { return descriptor_; }
  std::string last_error() const override;

  // Turns a failed system call's errno into what the caller does next.
  IoResult failed(int error, IoStatus when_blocked);

 private:
  static void on_deadline(void* self);

  TcpSocket socket_;
  int descriptor_;  // -1 once closed.
  int error_ = 0;   // errno of the last failure.
  bool timed_out_ = false;
  TimerWheel::Timer timer_;
};

}  // namespace yatagarasu::io
