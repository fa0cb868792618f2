#include "support/fake_dns.h"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::support {
namespace {

constexpr std::size_t kHeader = 12;  // RFC 1035 §4.1.1.
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr std::uint8_t kNoSuchName = 3;

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>((value >> 8) & 0xff);
  out += static_cast<char>(value & 0xff);
}

std::uint8_t byte_at(std::string_view text, std::size_t place) {
  return static_cast<std::uint8_t>(text.at(place));
}

template <class Bytes>
std::string record(std::uint16_t type, std::uint32_t ttl_s, const Bytes& bytes) {
  std::string out("\xc0\x0c", 2);  // The name of the question.
  append_u16(out, type);
  append_u16(out, 1);
  append_u16(out, ttl_s >> 16);
  append_u16(out, ttl_s & 0xffff);
  append_u16(out, bytes.size());
  for (const unsigned char byte : bytes) out += static_cast<char>(byte);
  return out;
}

}  // namespace

FakeDns::FakeDns() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0) {
    throw std::runtime_error("cannot bind the name server's socket");
  }
  endpoint_ = {io::asio::ip::address_v4::loopback(), ntohs(address.sin_port)};
  thread_ = std::jthread([this] { answer_all(); });
}

FakeDns::~FakeDns() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(endpoint_.port());
  ::sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  thread_.join();
  ::close(socket_);
}

void FakeDns::set(const std::string& name, Zone zone) {
  const std::lock_guard lock(mutex_);
  zones_[name] = std::move(zone);
}

void FakeDns::silence() {
  const std::lock_guard lock(mutex_);
  is_silent_ = true;
}

void FakeDns::speak() {
  const std::lock_guard lock(mutex_);
  is_silent_ = false;
}

std::size_t FakeDns::questions(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto count = questions_.find(name);
  return count == questions_.end() ? 0 : count->second;
}

void FakeDns::answer_all() {
  for (;;) {
    std::array<char, 512> buffer{};
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    auto* const generic = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0, generic, &size);
    const std::lock_guard lock(mutex_);
    if (got < 0 || is_stopping_) return;
    const std::string_view question(buffer.data(), static_cast<std::size_t>(got));
    if (question.size() <= kHeader) continue;
    const std::string reply = answer(question);
    if (!is_silent_) ::sendto(socket_, reply.data(), reply.size(), 0, generic, size);
  }
}

std::string FakeDns::answer(std::string_view question) {
  std::string name;
  std::size_t place = kHeader;
  while (byte_at(question, place) != 0) {
    const std::size_t label = byte_at(question, place);
    if (!name.empty()) name += '.';
    name += question.substr(place + 1, label);
    place += 1 + label;
  }
  const std::uint16_t type = byte_at(question, place + 2);
  const std::size_t end = place + 5;
  if (type == kTypeA) ++questions_[name];

  const auto zone = zones_.find(name);
  std::uint8_t code = kNoSuchName;
  std::size_t count = 0;
  std::string records;
  if (zone != zones_.end()) {
    code = zone->second.response_code;
    for (const std::string& text : zone->second.addresses) {
      const io::asio::ip::address address = io::asio::ip::make_address(text);
      if (address.is_v4() != (type == kTypeA)) continue;
      const std::uint32_t ttl_s = zone->second.ttl_s;
      records += address.is_v4() ? record(kTypeA, ttl_s, address.to_v4().to_bytes())
                                 : record(kTypeAaaa, ttl_s, address.to_v6().to_bytes());
      ++count;
    }
  }
  std::string reply(question.substr(0, 2));
  reply += static_cast<char>(0x81);  // An answer; recursion was desired.
  reply += static_cast<char>(0x80 | code);
  append_u16(reply, 1);
  append_u16(reply, count);
  append_u16(reply, 0);
  append_u16(reply, 0);
  reply += question.substr(kHeader, end - kHeader);
  return reply + records;
}

}  // namespace yatagarasu::support
