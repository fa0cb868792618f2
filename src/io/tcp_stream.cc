#include "io/tcp_stream.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <cerrno>
#include <cstddef>
#include <linux/sockios.h>
#include <memory>
#include <netinet/tcp.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace yatagarasu::io {

TcpStream::TcpStream(Loop& loop, TcpSocket socket)
    : socket_(std::move(socket)),
      descriptor_(socket_.native_handle()),
      timer_(loop.timers(), &TcpStream::on_deadline, this) {
  const int on = 1;
  // Heads and bodies leave in gather-writes of their own; nothing is gained by waiting for an ACK.
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Task<core::Result<std::unique_ptr<TcpStream>>> TcpStream::connect(Loop& loop, Endpoint peer,
                                                                  TimePoint deadline) {
  TcpSocket socket(loop.executor());
  boost::system::error_code error;
  socket.open(peer.protocol(), error);
  if (error) co_return core::failure(core::ErrorCode::kSystem, "socket: " + error.message());
  socket.non_blocking(true, error);
  auto stream = std::make_unique<TcpStream>(loop, std::move(socket));
  if (::connect(stream->descriptor_, peer.data(), static_cast<socklen_t>(peer.size())) != 0) {
    if (errno != EINPROGRESS) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable,
                              "connect: " + std::generic_category().message(errno));
    }
    const WaitStatus status = co_await stream->wait(Want::kWrite, deadline);
    if (status == WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginTimeout, "connect timed out");
    }
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(stream->descriptor_, SOL_SOCKET, SO_ERROR, &failed, &size);
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

IoResult TcpStream::failed(int error, IoStatus when_blocked) {
  if (error == EAGAIN) return {when_blocked, 0};
  error_ = error;
  return {IoStatus::kFailed, 0};
}

IoResult TcpStream::try_read(std::span<char> buffer) {
  const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (got > 0) return {IoStatus::kOk, static_cast<std::size_t>(got)};
  if (got == 0) return {IoStatus::kEnd, 0};
  return failed(errno, IoStatus::kWantRead);
}

IoResult TcpStream::try_write(std::span<const iovec> parts, More more) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());  // sendmsg only reads it.
  message.msg_iovlen = parts.size();
  const ssize_t put =
      ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | (more == More::kYes ? MSG_MORE : 0));
  if (put >= 0) return {IoStatus::kOk, static_cast<std::size_t>(put)};
  return failed(errno, IoStatus::kWantWrite);
}

Task<WaitStatus> TcpStream::wait(Want want, TimePoint deadline) {
  timed_out_ = false;
  if (deadline != kNever && deadline <= Clock::now()) co_return WaitStatus::kTimedOut;
  timer_.arm(deadline);
  const auto direction = want == Want::kRead ? TcpSocket::wait_read : TcpSocket::wait_write;
  const auto [error] = co_await socket_.async_wait(direction, asio::as_tuple(asio::deferred));
  timer_.disarm();
  if (!error) co_return WaitStatus::kReady;
  if (timed_out_) co_return WaitStatus::kTimedOut;
  error_ = error.value();
  co_return WaitStatus::kFailed;
}

void TcpStream::on_deadline(void* self) {
  auto& stream = *static_cast<TcpStream*>(self);
  stream.timed_out_ = true;
  stream.interrupt();
}

void TcpStream::interrupt() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool TcpStream::peer_has_left() const {
  tcp_info state{};
  socklen_t size = sizeof state;
  if (::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &state, &size) != 0) return true;
  return state.tcpi_state != TCP_ESTABLISHED;
}

std::size_t TcpStream::in_transit() const {
  int bytes = 0;
  return ::ioctl(descriptor_, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void TcpStream::shutdown_write() {
  boost::system::error_code ignored;
  socket_.shutdown(TcpSocket::shutdown_send, ignored);
}

void TcpStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  descriptor_ = -1;
}

void TcpStream::abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::string TcpStream::last_error() const {
  return std::generic_category().message(error_);
}

}  // namespace yatagarasu::io
