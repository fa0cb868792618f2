#include "io/resolver_channel.h"

#include "core/free_by.h"
#include "core/result.h"
#include "io/resolver_cache.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <algorithm>
#include <ares.h>
#include <chrono>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

using core::ErrorCode;

using AddrinfoHandle = std::unique_ptr<ares_addrinfo, core::FreeBy<ares_freeaddrinfo>>;

std::string text_of(int status) {
  return std::string("dns: ") + ares_strerror(status);
}

core::Error error_of(int status) {
  switch (status) {
    case ARES_ETIMEOUT: return {ErrorCode::kOriginTimeout, "dns: the name servers do not answer"};
    case ARES_EDESTRUCTION: return {ErrorCode::kShuttingDown, text_of(status)};
    default: return {ErrorCode::kOriginUnreachable, text_of(status)};
  }
}

DnsAnswer failure_of(int status) {
  const bool is_final = status == ARES_ENOTFOUND || status == ARES_ENODATA ||
                        status == ARES_ENONAME || status == ARES_EBADNAME;
  return {.kind = is_final ? DnsAnswer::Kind::kNoSuchName : DnsAnswer::Kind::kNoAnswer,
          .addresses = {},
          .ttl = {},
          .error = error_of(status)};
}

asio::ip::address address_of(const ares_addrinfo_node& node) {
  if (node.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, node.ai_addr, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, node.ai_addr, sizeof v6);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

DnsAnswer answer_of(const ares_addrinfo& found) {
  DnsAnswer answer;
  answer.ttl = ResolverCache::kMaxTtl;
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    answer.addresses.push_back(address_of(*node));
    answer.ttl = std::min(answer.ttl, std::chrono::seconds(node->ai_ttl));
  }
  if (answer.addresses.empty()) return failure_of(ARES_ENODATA);
  answer.kind = DnsAnswer::Kind::kFound;
  return answer;
}

void check(int status) {
  if (status != ARES_SUCCESS) throw std::runtime_error(text_of(status));
}

std::string server_list(const std::vector<Endpoint>& servers) {
  std::string list;
  for (const Endpoint& server : servers) {
    const std::string address = server.address().to_string();
    if (!list.empty()) list += ',';
    list += server.address().is_v6() ? '[' + address + ']' : address;
    list += ':' + std::to_string(server.port());
  }
  return list;
}

}  // namespace

// A socket of c-ares, which opens and closes it; the reactor only watches it.
struct ResolverChannel::Socket {
  Socket(ResolverChannel& owner, int socket)
      : channel(&owner), descriptor(owner.loop_.executor(), socket), number(socket) {}

  ResolverChannel* channel;  // Null once c-ares closes the socket.
  asio::posix::basic_stream_descriptor<Executor> descriptor;
  int number;
  bool wants_read = false;
  bool wants_write = false;
  bool is_waiting_to_read = false;
  bool is_waiting_to_write = false;
};

struct ResolverChannel::Callbacks {
  static void on_socket_state(void* self, ares_socket_t socket, int readable, int writable) {
    static_cast<ResolverChannel*>(self)->watch(socket, readable != 0, writable != 0);
  }

  static void on_addresses(void* context, int status, int /*timeouts*/, ares_addrinfo* result) {
    const std::unique_ptr<OnAnswer> on_answer(static_cast<OnAnswer*>(context));
    const AddrinfoHandle found(result);
    (*on_answer)(status == ARES_SUCCESS && found ? answer_of(*found) : failure_of(status));
  }

  static void on_timer(void* self) {
    static_cast<ResolverChannel*>(self)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }
};

void ResolverChannel::ChannelDeleter::operator()(ares_channeldata* channel) const noexcept {
  ares_destroy(channel);
}

ResolverChannel::ResolverChannel(Loop& loop, const ResolverOptions& options)
    : loop_(loop), timer_(loop.timers(), &Callbacks::on_timer, this) {
  static const int kLibrary = ares_library_init(ARES_LIB_INIT_ALL);
  check(kLibrary);
  ares_options settings{};
  settings.timeout = static_cast<int>(options.timeout.count());
  settings.tries = options.tries;
  settings.sock_state_cb = &Callbacks::on_socket_state;
  settings.sock_state_cb_data = this;
  ares_channeldata* raw = nullptr;
  check(ares_init_options(&raw, &settings,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB));
  channel_.reset(raw);
  if (options.servers.empty()) return;
  check(ares_set_servers_ports_csv(raw, server_list(options.servers).c_str()));
}

ResolverChannel::~ResolverChannel() = default;

void ResolverChannel::query(const std::string& host, OnAnswer on_answer) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // Else every address comes once for each type.
  auto context = std::make_unique<OnAnswer>(std::move(on_answer));
  ares_getaddrinfo(channel_.get(), host.c_str(), nullptr, &hints, &Callbacks::on_addresses,
                   context.release());
  arm_timer();
}

void ResolverChannel::watch(int descriptor, bool readable, bool writable) {
  auto place = sockets_.find(descriptor);
  if (!readable && !writable) {
    if (place == sockets_.end()) return;
    place->second->channel = nullptr;
    place->second->descriptor.release();
    sockets_.erase(place);
    return;
  }
  if (place == sockets_.end()) {
    place = sockets_.emplace(descriptor, std::make_shared<Socket>(*this, descriptor)).first;
  }
  place->second->wants_read = readable;
  place->second->wants_write = writable;
  wait(place->second);
}

void ResolverChannel::wait(const std::shared_ptr<Socket>& socket) {
  using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
  if (socket->wants_read && !socket->is_waiting_to_read) {
    socket->is_waiting_to_read = true;
    socket->descriptor.async_wait(Descriptor::wait_read,
                                  [socket](const boost::system::error_code& error) {
                                    socket->is_waiting_to_read = false;
                                    if (error || socket->channel == nullptr) return;
                                    socket->channel->process(socket->number, ARES_SOCKET_BAD);
                                    if (socket->channel != nullptr) wait(socket);
                                  });
  }
  if (socket->wants_write && !socket->is_waiting_to_write) {
    socket->is_waiting_to_write = true;
    socket->descriptor.async_wait(Descriptor::wait_write,
                                  [socket](const boost::system::error_code& error) {
                                    socket->is_waiting_to_write = false;
                                    if (error || socket->channel == nullptr) return;
                                    socket->channel->process(ARES_SOCKET_BAD, socket->number);
                                    if (socket->channel != nullptr) wait(socket);
                                  });
  }
}

void ResolverChannel::process(int readable, int writable) {
  ares_process_fd(channel_.get(), readable, writable);
  arm_timer();
}

void ResolverChannel::arm_timer() {
  timeval left{};
  if (ares_timeout(channel_.get(), nullptr, &left) == nullptr) {
    timer_.disarm();
    return;
  }
  timer_.arm(Clock::now() + std::chrono::seconds(left.tv_sec) +
             std::chrono::microseconds(left.tv_usec));
}

}  // namespace yatagarasu::io
