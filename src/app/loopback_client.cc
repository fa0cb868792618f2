#include "app/loopback_client.h"

#include "core/ascii.h"
#include "core/file_descriptor.h"
#include "core/result.h"
#include "http/codec/h1_request_parser.h"
#include "http/codec/h1_response_parser.h"
#include "http/fields.h"
#include "http/message.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace yatagarasu::app {
namespace {

using core::ErrorCode;

constexpr std::chrono::seconds kStall{10};
constexpr std::size_t kMaxHead = 32UL * 1024;

std::unexpected<core::Error> io_failure(std::string_view what) {
  return core::failure(ErrorCode::kOriginUnreachable,
                       fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

core::Result<core::FileDescriptor> connect_to(std::uint16_t port) {
  core::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return io_failure("socket");
  const timeval stall{.tv_sec = kStall.count(), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof stall);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The sockets interface takes every kind of address as this one.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof address) != 0) return io_failure("connect");
  return socket;
}

core::Result<void> send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return io_failure("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

// The bytes that are there, at least one; empty at the end.
core::Result<std::string_view> receive(int socket, std::array<char, 64UL * 1024>& buffer) {
  const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (got < 0) return io_failure("receive");
  return std::string_view(buffer.data(), static_cast<std::size_t>(got));
}

void keep_body(Fetched& fetched, std::string_view bytes) {
  fetched.body_bytes += bytes.size();
  fetched.body_start.append(bytes.substr(0, Fetched::kKeptBytes - fetched.body_start.size()));
}

// A whole head at the front of `received`; nothing when more must come.
core::Result<bool> read_head(std::string_view received, Fetched& fetched,
                             std::optional<std::uint64_t>& length) {
  http::H1ResponseParser parser(kMaxHead);
  http::ResponseHead head;
  switch (parser.parse(received, head)) {
    case http::ParseProgress::kNeedMore: return false;
    case http::ParseProgress::kFailed:
      return core::failure(ErrorCode::kOriginMalformed, std::string(parser.failure()));
    case http::ParseProgress::kDone: break;
  }
  fetched.status = head.status;
  fetched.reason = head.reason;
  for (const http::Field& field : head.fields) {
    fetched.fields.emplace_back(field.name, field.value);
  }
  length = head.content_length;
  keep_body(fetched, received.substr(parser.head_size()));
  return true;
}

}  // namespace

std::string_view Fetched::get(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const auto& field) { return core::iequals(field.first, name); });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

core::Result<Fetched> fetch_from_loopback(const LoopbackRequest& request) {
  core::Result<core::FileDescriptor> socket = connect_to(request.port);
  if (!socket) return std::unexpected(std::move(socket.error()));

  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n",
                                 request.method, request.target, request.port);
  for (const auto& [name, value] : request.fields) head += fmt::format("{}: {}\r\n", name, value);
  head += "\r\n";
  if (auto sent = send_all(socket->get(), head); !sent) {
    return std::unexpected(std::move(sent.error()));
  }

  Fetched fetched;
  std::optional<std::uint64_t> length;
  std::string received;  // Until the head is whole.
  std::array<char, 64UL * 1024> buffer{};
  while (true) {
    const core::Result<std::string_view> bytes = receive(socket->get(), buffer);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    if (fetched.status != 0) {
      keep_body(fetched, *bytes);
      continue;
    }
    received += *bytes;
    if (auto is_whole = read_head(received, fetched, length); !is_whole) {
      return std::unexpected(std::move(is_whole.error()));
    }
  }
  if (fetched.status == 0) return core::failure(ErrorCode::kOriginMalformed, "no answer");
  const bool has_body = request.method != "HEAD" && fetched.status != 304;
  if (has_body && length && fetched.body_bytes != *length) {
    return core::failure(ErrorCode::kOriginMalformed, "the body ended early");
  }
  return fetched;
}

}  // namespace yatagarasu::app
