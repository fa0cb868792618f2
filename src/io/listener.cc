#include "io/listener.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace yatagarasu::io {
namespace {

std::string describe(const Endpoint& address, const boost::system::error_code& error) {
  const std::string host = address.address().to_string();
  return "cannot listen on " + (address.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(address.port()) + ": " + error.message();
}

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

core::Result<Listener> Listener::open(Loop& loop, Endpoint address) {
  Acceptor acceptor(loop.executor());
  boost::system::error_code error;
  acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return core::failure(core::ErrorCode::kSystem, describe(address, error));
  const Endpoint local = acceptor.local_endpoint(error);
  return Listener(std::move(acceptor), local);
}

core::Result<void> Listener::check_free(Endpoint address) {
  asio::io_context context;
  asio::ip::tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(address.protocol(), error);
  // Connections of an earlier run in TIME_WAIT do not count; a listener does.
  if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(address, error);
  if (!error) probe.listen(1, error);
  if (error) return core::failure(core::ErrorCode::kSystem, describe(address, error));
  return {};
}

Task<core::Result<Accepted>> Listener::accept() {
  for (;;) {
    Endpoint peer;
    socklen_t size = static_cast<socklen_t>(peer.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer.resize(size);
      co_return Accepted{descriptor, peer};
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno != EAGAIN) {
      co_return core::failure(core::ErrorCode::kSystem,
                              "accept: " + std::generic_category().message(errno));
    }
    const auto [error] =
        co_await acceptor_.async_wait(Acceptor::wait_read, asio::as_tuple(asio::deferred));
    if (error) co_return core::failure(core::ErrorCode::kSystem, "accept: " + error.message());
  }
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace yatagarasu::io
