#include "io/resolver.h"

#include "core/ascii.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver_cache.h"
#include "io/resolver_channel.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/waiter.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

std::vector<Endpoint> endpoints(const Addresses& addresses, std::uint16_t port) {
  std::vector<Endpoint> result;
  result.reserve(addresses.size());
  for (const asio::ip::address& address : addresses) result.emplace_back(address, port);
  return result;
}

core::Result<std::vector<Endpoint>> with_port(const core::Result<Addresses>& answer,
                                              std::string_view host, std::uint16_t port) {
  if (answer) return endpoints(*answer, port);
  return core::failure(answer.error().code, std::string(host) + ": " + answer.error().detail);
}

std::optional<asio::ip::address> parse_literal(std::string_view host) {
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  asio::ip::address address = asio::ip::make_address(host, error);
  if (error || (is_bracketed && !address.is_v6())) return std::nullopt;
  return address;
}

// RFC 6761 §6.3: every name below localhost is this machine's, whatever a name server says.
bool is_below_localhost(std::string_view host) {
  static constexpr std::string_view kLocalhost = ".localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  return host.size() > kLocalhost.size() &&
         core::iequals(host.substr(host.size() - kLocalhost.size()), kLocalhost);
}

}  // namespace

// One query and who waits for it. Shared with them: they may outlive the resolver.
struct Resolver::Lookup {
  std::optional<core::Result<Addresses>> answer;
  std::list<Waiter*> waiters;
};

namespace {

// A waiter among a lookup's, for as long as this lives.
template <class Lookup>
class Registration {
 public:
  Registration(std::shared_ptr<Lookup> lookup, Waiter& waiter)
      : lookup_(std::move(lookup)),
        place_(lookup_->waiters.insert(lookup_->waiters.end(), &waiter)) {}
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { lookup_->waiters.erase(place_); }

 private:
  std::shared_ptr<Lookup> lookup_;
  std::list<Waiter*>::iterator place_;
};

}  // namespace

Resolver::Resolver(Loop& loop, const ResolverOptions& options)
    : loop_(loop), now_(options.now), channel_(loop, options) {}

Resolver::~Resolver() = default;

Task<core::Result<std::vector<Endpoint>>> Resolver::resolve(std::string_view host,
                                                            std::uint16_t port,
                                                            TimePoint deadline) {
  if (const auto literal = parse_literal(host)) co_return endpoints({*literal}, port);

  if (is_below_localhost(host)) {
    co_return endpoints({asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()}, port);
  }

  const ResolverCache::Found found = cache_.find(host, now_());
  if (found.state == ResolverCache::Found::State::kFresh) {
    co_return with_port(*found.answer, host, port);
  }
  std::optional<core::Result<Addresses>> stale;
  TimePoint until = deadline;
  if (found.state == ResolverCache::Found::State::kStale) {
    stale = *found.answer;
    until = std::min(until, Clock::now() + found.patience);
  }

  const std::shared_ptr<Lookup> lookup = join_lookup(std::string(host));
  if (!lookup->answer) {
    Waiter waiter(loop_);
    const Registration registration(lookup, waiter);
    const WaitStatus status = co_await waiter.wait(until);
    // The resolver may be gone by now.
    if (status == WaitStatus::kFailed) {
      co_return core::failure(core::ErrorCode::kCancelled, "dns: cancelled");
    }
  }
  const std::optional<core::Result<Addresses>>& answer = lookup->answer;
  if (answer) co_return with_port(*answer, host, port);
  if (stale) co_return with_port(*stale, host, port);
  co_return core::failure(core::ErrorCode::kOriginTimeout,
                          std::string(host) + ": dns: no answer in time");
}

std::shared_ptr<Resolver::Lookup> Resolver::join_lookup(const std::string& host) {
  const auto running = running_.find(host);
  if (running != running_.end()) return running->second;
  auto lookup = std::make_shared<Lookup>();
  running_.emplace(host, lookup);
  channel_.query(host, [this, host](DnsAnswer answer) { finish(host, std::move(answer)); });
  return lookup;
}

void Resolver::finish(const std::string& host, DnsAnswer answer) {
  const auto running = running_.find(host);
  const std::shared_ptr<Lookup> lookup = running->second;
  running_.erase(running);
  lookup->answer = cache_.store(host, std::move(answer), now_());
  for (Waiter* waiter : lookup->waiters) waiter->wake();
}

}  // namespace yatagarasu::io
