#include "io/tcp_stream.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <cerrno>
#include <cstddef>
#include <linux/sockios.h>
#include <memory>
#include <netinet/tcp.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>

namespace yatagarasu::io {

TcpStream::TcpStream(Loop& loop, int descriptor)
    : socket_(loop.poller(), descriptor), timer_(loop.timers(), &TcpStream::on_deadline, this) {
  const int on = 1;
  // Heads and bodies leave in gather-writes of their own; nothing is gained by waiting for an ACK.
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Task<core::Result<std::unique_ptr<TcpStream>>> TcpStream::connect(Loop& loop, Endpoint peer,
                                                                  TimePoint deadline) {
  const int descriptor =
      ::socket(peer.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    co_return core::failure(core::ErrorCode::kSystem,
                            "socket: " + std::generic_category().message(errno));
  }
  // A socket that has not begun to connect counts as hung up, so it is registered afterwards.
  const int error =
      ::connect(descriptor, peer.data(), static_cast<socklen_t>(peer.size())) == 0 ? 0 : errno;
  auto stream = std::make_unique<TcpStream>(loop, descriptor);
  if (error != 0) {
    if (error != EINPROGRESS) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable,
                              "connect: " + std::generic_category().message(error));
    }
    const WaitStatus status = co_await stream->wait(Want::kWrite, deadline);
    if (status == WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginTimeout, "connect timed out");
    }
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(stream->plain_descriptor(), SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed == 0 && status == WaitStatus::kFailed) {
      co_return core::failure(core::ErrorCode::kCancelled, "connect: cancelled");
    }
    if (failed != 0) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable,
                              "connect: " + std::generic_category().message(failed));
    }
  }
  co_return stream;
}

IoResult TcpStream::failed(int error, Want attempted) {
  if (error == EAGAIN) {
    socket_.exhausted(attempted);
    return {attempted == Want::kRead ? IoStatus::kWantRead : IoStatus::kWantWrite, 0};
  }
  error_ = error;
  return {IoStatus::kFailed, 0};
}

IoResult TcpStream::try_read(std::span<char> buffer) {
  const ssize_t got = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
  if (got < 0) return failed(errno, Want::kRead);
  if (got == 0) return {IoStatus::kEnd, 0};
  const auto bytes = static_cast<std::size_t>(got);
  // Less than there was room for: the socket is empty, and the next bytes are an event.
  if (bytes < buffer.size()) socket_.exhausted(Want::kRead);
  return {IoStatus::kOk, bytes};
}

IoResult TcpStream::try_write(std::span<const iovec> parts, More more) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());  // sendmsg only reads it.
  message.msg_iovlen = parts.size();
  const ssize_t put =
      ::sendmsg(socket_.descriptor(), &message, MSG_NOSIGNAL | (more == More::kYes ? MSG_MORE : 0));
  if (put < 0) return failed(errno, Want::kWrite);
  return {IoStatus::kOk, static_cast<std::size_t>(put)};
}

Task<WaitStatus> TcpStream::wait(Want want, TimePoint deadline) {
  timed_out_ = false;
  // Where it really waits the timer tells; a peer that always has something must not live for ever.
  if (deadline != kNever && socket_.is_ready(want) && deadline <= Clock::now()) {
    co_return WaitStatus::kTimedOut;
  }
  timer_.arm(deadline);
  co_await socket_.wait(want);
  timer_.disarm();
  if (!socket_.is_interrupted()) co_return WaitStatus::kReady;
  if (timed_out_) co_return WaitStatus::kTimedOut;
  error_ = ECANCELED;
  co_return WaitStatus::kFailed;
}

void TcpStream::on_deadline(void* self) {
  auto& stream = *static_cast<TcpStream*>(self);
  stream.timed_out_ = true;
  stream.interrupt();
}

void TcpStream::interrupt() {
  socket_.interrupt();
}

bool TcpStream::peer_has_left() const {
  tcp_info state{};
  socklen_t size = sizeof state;
  if (::getsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_INFO, &state, &size) != 0) return true;
  return state.tcpi_state != TCP_ESTABLISHED;
}

std::size_t TcpStream::in_transit() const {
  int bytes = 0;
  return ::ioctl(socket_.descriptor(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void TcpStream::shutdown_write() {
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

void TcpStream::close() {
  socket_.close();
}

void TcpStream::abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::string TcpStream::last_error() const {
  return std::generic_category().message(error_);
}

}  // namespace yatagarasu::io
