#include "client/address_order.h"

#include "io/task.h"
#include "io/tcp_stream.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

namespace yatagarasu::client {

void AddressOrder::arrange(std::vector<io::Endpoint>& addresses, io::TimePoint now) {
  if (addresses.empty()) return;
  const auto first = static_cast<std::ptrdiff_t>(turn_++ % addresses.size());
  std::ranges::rotate(addresses, addresses.begin() + first);
  std::erase_if(failures_, [now](const Failure& failure) { return failure.until <= now; });
  const auto failed_lately = [this](const io::Endpoint& address) {
    return std::ranges::find(failures_, address, &Failure::address) != failures_.end();
  };
  std::vector<io::Endpoint> last;
  std::ranges::copy_if(addresses, std::back_inserter(last), failed_lately);
  std::erase_if(addresses, failed_lately);
  addresses.insert(addresses.end(), last.begin(), last.end());
}

void AddressOrder::failed(const io::Endpoint& address, io::TimePoint now) {
  succeeded(address);
  if (failures_.size() == kMaxFailed) failures_.erase(failures_.begin());
  failures_.push_back({.address = address, .until = now + kAvoidFor});
}

void AddressOrder::succeeded(const io::Endpoint& address) {
  std::erase_if(failures_,
                [&address](const Failure& failure) { return failure.address == address; });
}

void put_last(std::vector<io::Endpoint>& addresses, std::span<const io::Endpoint> avoided) {
  for (const io::Endpoint& each : avoided) {
    const auto found = std::ranges::find(addresses, each);
    if (found != addresses.end()) std::rotate(found, found + 1, addresses.end());
  }
}

io::TimePoint attempt_deadline(io::TimePoint now, io::TimePoint deadline, std::size_t addresses) {
  if (addresses <= 1 || deadline == io::kNever) return deadline;
  return now + (deadline - now) / 2;
}

}  // namespace yatagarasu::client
