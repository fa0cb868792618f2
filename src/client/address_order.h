#pragma once

#include "io/task.h"
#include "io/tcp_stream.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace yatagarasu::client {

// In which order the addresses of an origin are tried: each time another one first, so that
// connections spread over all, and those that failed lately last. Pure: time is an argument.
class AddressOrder {
 public:
  static constexpr std::chrono::seconds kAvoidFor{30};
  static constexpr std::size_t kMaxFailed = 32;

  void arrange(std::vector<io::Endpoint>& addresses, io::TimePoint now);
  void failed(const io::Endpoint& address, io::TimePoint now);
  void succeeded(const io::Endpoint& address);

 private:
  struct Failure {
    io::Endpoint address;
    io::TimePoint until;
  };

  std::size_t turn_ = 0;
  std::vector<Failure> failures_;
};

// Puts the avoided ones that are among the addresses last, in their order.
void put_last(std::vector<io::Endpoint>& addresses, std::span<const io::Endpoint> avoided);

// When to give up on one address: after half of the time that is left, so that one that swallows
// packets does not eat it all; the last address has all of it.
io::TimePoint attempt_deadline(io::TimePoint now, io::TimePoint deadline, std::size_t addresses);

}  // namespace yatagarasu::client
