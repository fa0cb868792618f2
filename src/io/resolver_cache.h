#pragma once

#include "core/result.h"
#include "io/task.h"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {

using Addresses = std::vector<asio::ip::address>;

// What a query came back with.
struct DnsAnswer {
  enum class Kind : std::uint8_t {
    kFound,
    kNoSuchName,  // The servers say that there is none.
    kNoAnswer,    // The servers cannot be reached, or cannot tell.
  };
  Kind kind = Kind::kNoAnswer;
  Addresses addresses;          // kFound: at least one.
  std::chrono::seconds ttl{0};  // kFound: the shortest of the records.
  core::Error error;            // The others.
};

// What is known about host names. Pure: time is an argument.
//
//   fresh --TTL over--> stale --kMaxStale over--> absent
//
// A failure is kept for kFailureTtl. It does not replace addresses that are only stale, unless it
// is the word of a server that the name is gone.
class ResolverCache {
 public:
  static constexpr std::size_t kMaxNames = 256;  // Beyond, the one that expires first goes.
  static constexpr std::chrono::seconds kMinTtl{1};
  static constexpr std::chrono::seconds kMaxTtl{300};
  static constexpr std::chrono::seconds kFailureTtl{1};
  static constexpr std::chrono::seconds kMaxStale{3600};
  // How long a query may take before a stale answer is the better one.
  static constexpr std::chrono::milliseconds kPatience{500};

  struct Found {
    enum class State : std::uint8_t { kAbsent, kFresh, kStale };
    State state = State::kAbsent;
    // Null when absent. Valid until the next change.
    const core::Result<Addresses>* answer = nullptr;
    Duration patience{};  // kStale: zero when the last query had no answer either.
  };
  Found find(std::string_view host, TimePoint now) const;

  // What is to be told to those who waited for the query. Valid until the next change.
  const core::Result<Addresses>& store(std::string_view host, DnsAnswer answer, TimePoint now);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    core::Result<Addresses> answer;
    TimePoint fresh_until;
    TimePoint usable_until;
    bool is_unconfirmed = false;  // The last query had no answer.
  };

  Entry& entry_for(std::string_view host);

  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace yatagarasu::io
