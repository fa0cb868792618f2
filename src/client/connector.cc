#include "client/connector.h"

#include "client/address_order.h"
#include "client/course.h"
#include "client/options.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::client {
namespace {

std::string describe(const std::string& host, const io::Endpoint& address) {
  std::ostringstream text;
  text << host << " (" << address << "): ";
  return text.str();
}

}  // namespace

Connector::Connector(io::Loop& loop, io::Resolver& resolver, const OriginOptions& options)
    : loop_(loop), resolver_(resolver), options_(options) {}

io::Task<core::Result<std::unique_ptr<io::Stream>>> Connector::connect(
    io::TimePoint deadline, std::span<const io::Endpoint> avoided, Course& course) {
  course.stage = Stage::kConnecting;
  core::Result<std::vector<io::Endpoint>> addresses =
      co_await resolver_.resolve(options_.host, options_.port, deadline);
  if (!addresses) co_return std::unexpected(std::move(addresses.error()));

  order_.arrange(*addresses, io::Clock::now());
  put_last(*addresses, avoided);
  core::Error last{core::ErrorCode::kOriginUnreachable, options_.host + " has no address"};
  std::size_t untried = addresses->size();
  for (const io::Endpoint& address : *addresses) {
    const io::TimePoint now = io::Clock::now();
    if (untried < addresses->size() && now >= deadline) break;
    const io::TimePoint attempt = attempt_deadline(now, deadline, untried--);
    core::Result<std::unique_ptr<io::Stream>> stream =
        co_await connect_to(address, attempt, course);
    if (stream) {
      order_.succeeded(address);
      co_return std::move(*stream);
    }
    last = std::move(stream.error());
    last.detail.insert(0, describe(options_.host, address));
    // Neither says anything about the address.
    const auto cancellation = co_await io::asio::this_coro::cancellation_state;
    const bool is_cancelled = cancellation.cancelled() != io::asio::cancellation_type::none;
    if (is_cancelled || last.code == core::ErrorCode::kSystem) break;
    order_.failed(address, io::Clock::now());
  }
  co_return std::unexpected(std::move(last));
}

io::Task<core::Result<std::unique_ptr<io::Stream>>> Connector::connect_to(io::Endpoint address,
                                                                          io::TimePoint deadline,
                                                                          Course& course) {
  course.stage = Stage::kConnecting;
  course.address = address;
  core::Result<std::unique_ptr<io::TcpStream>> transport =
      co_await io::TcpStream::connect(loop_, address, deadline);
  if (!transport) co_return std::unexpected(std::move(transport.error()));
  if (options_.tls == nullptr) co_return std::move(*transport);
  course.stage = Stage::kSecuring;
  co_return co_await io::tls_connect(std::move(*transport), *options_.tls, options_.host, deadline);
}

}  // namespace yatagarasu::client
