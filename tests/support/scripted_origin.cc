#include "support/scripted_origin.h"

#include "support/certificates.h"

#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/types.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace yatagarasu::support {
namespace {

constexpr std::string_view kHttp11 = "\x08http/1.1";

int choose_http11(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                  const unsigned char* offered, unsigned int offered_size, void* /*context*/) {
  const auto* const known = reinterpret_cast<const unsigned char*>(kHttp11.data());
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(
      &found, size, known, static_cast<unsigned int>(kHttp11.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

Script& Script::receive() {
  steps_.push_back({.kind = Kind::kReceive, .bytes = {}});
  return *this;
}

Script& Script::send(std::string bytes) {
  steps_.push_back({.kind = Kind::kSend, .bytes = std::move(bytes)});
  return *this;
}

Script& Script::hold() {
  steps_.push_back({.kind = Kind::kHold, .bytes = {}});
  return *this;
}

Script& Script::reset() {
  steps_.push_back({.kind = Kind::kReset, .bytes = {}});
  return *this;
}

Script& Script::cut() {
  steps_.push_back({.kind = Kind::kCut, .bytes = {}});
  return *this;
}

// One accepted connection; blocking.
class ScriptedOrigin::Connection {
 public:
  Connection(int descriptor, SSL_CTX* tls) : descriptor_(descriptor) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, descriptor);
    is_ready_ = SSL_accept(ssl_) == 1;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { SSL_free(ssl_); }

  SSL* tls() const { return ssl_; }
  bool is_ready() const { return is_ready_; }

  // 0 at the end.
  std::size_t read(std::array<char, 4096>& buffer) {
    if (ssl_ != nullptr) {
      const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
      return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  // Up to the end of a head; empty when the client has closed before.
  std::string read_head() {
    std::array<char, 4096> buffer{};
    while (received_.find("\r\n\r\n") == std::string::npos) {
      const std::size_t got = read(buffer);
      if (got == 0) return {};
      received_.append(buffer.data(), got);
    }
    const std::size_t end = received_.find("\r\n\r\n") + 4;
    std::string head = received_.substr(0, end);
    received_.erase(0, end);
    return head;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ssl_ != nullptr
                              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  void wait_for_end() {
    std::array<char, 4096> buffer{};
    while (read(buffer) > 0) {
    }
  }

  void reset_at_close() const {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void say_goodbye() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
  }

 private:
  int descriptor_;
  SSL* ssl_ = nullptr;
  bool is_ready_ = true;
  std::string received_;
};

ScriptedOrigin::ScriptedOrigin(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
  listen();
}

ScriptedOrigin::ScriptedOrigin(std::vector<Script> scripts, std::uint8_t last_byte,
                               std::uint16_t port)
    : scripts_(std::move(scripts)) {
  listen(last_byte, port);
}

ScriptedOrigin::ScriptedOrigin(std::vector<Script> scripts, const Identity& identity)
    : scripts_(std::move(scripts)), tls_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX_use_certificate(tls_.get(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(tls_.get(), identity.key.get());
  SSL_CTX_set_alpn_select_cb(tls_.get(), &choose_http11, nullptr);
  listen();
}

void ScriptedOrigin::listen(std::uint8_t last_byte, std::uint16_t port) {
  std::signal(SIGPIPE,
              SIG_IGN);  // OpenSSL, here and in the client under test, writes with write(2).
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x7f00'0000U + last_byte);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on the loopback address");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

ScriptedOrigin::~ScriptedOrigin() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  workers_.clear();
  ::close(listener_);
}

void ScriptedOrigin::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (is_stopping_) {
      ::close(descriptor);
      return;
    }
    open_.push_back(descriptor);
    workers_.emplace_back([this, descriptor, number = accepted_] { serve(descriptor, number); });
    ++accepted_;
  }
}

void ScriptedOrigin::serve(int descriptor, std::size_t number) {
  {
    Connection connection(descriptor, tls_.get());
    bool is_orderly = connection.is_ready();
    if (connection.tls() != nullptr && connection.is_ready()) {
      const unsigned char* protocol = nullptr;
      unsigned int size = 0;
      SSL_get0_alpn_selected(connection.tls(), &protocol, &size);
      const std::lock_guard lock(mutex_);
      alpn_.assign(reinterpret_cast<const char*>(protocol), size);
      if (SSL_session_reused(connection.tls()) == 1) ++resumed_;
    }
    const Script& script = scripts_[std::min(number, scripts_.size() - 1)];
    for (const Script::Step& step : script.steps_) {
      if (!is_orderly) break;
      switch (step.kind) {
        case Script::Kind::kReceive: {
          std::string head = connection.read_head();
          is_orderly = !head.empty();
          const std::lock_guard lock(mutex_);
          if (is_orderly) heads_.push_back(std::move(head));
          break;
        }
        case Script::Kind::kSend: is_orderly = connection.write(step.bytes); break;
        case Script::Kind::kHold: connection.wait_for_end(); break;
        case Script::Kind::kReset:
          connection.reset_at_close();
          is_orderly = false;
          break;
        case Script::Kind::kCut: is_orderly = false; break;
      }
    }
    if (is_orderly) connection.say_goodbye();
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, descriptor);
  ::close(descriptor);
  ++ended_;
  changed_.notify_all();
}

std::size_t ScriptedOrigin::connections() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::vector<std::string> ScriptedOrigin::heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

std::size_t ScriptedOrigin::resumed() const {
  const std::lock_guard lock(mutex_);
  return resumed_;
}

std::string ScriptedOrigin::alpn() const {
  const std::lock_guard lock(mutex_);
  return alpn_;
}

void ScriptedOrigin::wait_for_ended(std::size_t connections) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this, connections] { return ended_ >= connections; });
}

}  // namespace yatagarasu::support
