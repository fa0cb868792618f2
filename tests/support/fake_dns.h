#pragma once

#include "io/tcp_stream.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yatagarasu::support {

// A name server on a free loopback port, in a thread of its own. Names it does not know do not
// exist.
class FakeDns {
 public:
  struct Zone {
    std::vector<std::string> addresses;  // v4 and v6 in text.
    std::uint32_t ttl_s = 60;
    std::uint8_t response_code = 0;  // Other than 0: an answer without addresses.
  };

  FakeDns();
  FakeDns(const FakeDns&) = delete;
  FakeDns& operator=(const FakeDns&) = delete;
  ~FakeDns();

  io::Endpoint endpoint() const { return endpoint_; }
  void set(const std::string& name, Zone zone);
  // Answers nothing any more, until speak().
  void silence();
  void speak();
  // Questions for the v4 addresses of a name so far.
  std::size_t questions(const std::string& name) const;

 private:
  void answer_all();
  std::string answer(std::string_view question);

  int socket_ = -1;
  io::Endpoint endpoint_;
  mutable std::mutex mutex_;
  std::map<std::string, Zone> zones_;
  std::map<std::string, std::size_t> questions_;
  bool is_silent_ = false;
  bool is_stopping_ = false;
  std::jthread thread_;
};

}  // namespace yatagarasu::support
