#pragma once

#include "io/loop.h"
#include "io/resolver_cache.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/timer_wheel.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;

namespace yatagarasu::io {

struct ResolverOptions {
  std::vector<Endpoint> servers;                // Empty: the system's.
  std::chrono::milliseconds timeout{2'000};     // Of a server's first try; doubled with each round.
  int tries = 2;                                // Of each server.
  std::function<TimePoint()> now = Clock::now;  // By which answers age.
};

// DNS queries of one loop: c-ares on the loop's reactor. /etc/hosts is looked at first, search
// domains apply.
//
// Threading: the loop's thread.
class ResolverChannel {
 public:
  // Called once, possibly before query() returns; it must not call back into the channel.
  using OnAnswer = std::function<void(DnsAnswer answer)>;

  // Throws std::runtime_error when the system's resolver configuration cannot be used.
  ResolverChannel(Loop& loop, const ResolverOptions& options);
  ResolverChannel(const ResolverChannel&) = delete;
  ResolverChannel& operator=(const ResolverChannel&) = delete;
  // Queries under way are answered with kShuttingDown.
  ~ResolverChannel();

  // Asks for the v4 and the v6 addresses of `host`.
  void query(const std::string& host, OnAnswer on_answer);

 private:
  struct ChannelDeleter {
    void operator()(ares_channeldata* channel) const noexcept;
  };
  struct Socket;
  struct Callbacks;  // What c-ares calls.

  void watch(int descriptor, bool readable, bool writable);
  static void wait(const std::shared_ptr<Socket>& socket);
  void process(int readable, int writable);
  void arm_timer();

  Loop& loop_;
  TimerWheel::Timer timer_;
  std::map<int, std::shared_ptr<Socket>> sockets_;
  // After what its end calls back into.
  std::unique_ptr<ares_channeldata, ChannelDeleter> channel_;
};

}  // namespace yatagarasu::io
