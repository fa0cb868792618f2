#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <string>

namespace yatagarasu::auth {

// Whoever asks, as a verified token tells it. Immutable once made; shared between loops.
struct Principal {
  std::string subject;  // `sub`; empty when the token has none that is a string.
  boost::json::object claims;
  // From then on the token must not be trusted any more; max() when it never ends.
  std::chrono::sys_seconds valid_until = std::chrono::sys_seconds::max();
};

}  // namespace yatagarasu::auth
