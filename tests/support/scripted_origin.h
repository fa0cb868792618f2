#pragma once

#include "support/certificates.h"

#include <openssl/ssl.h>
#include <openssl/types.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace yatagarasu::support {

// What one connection of a ScriptedOrigin does, step by step. Behind the last step the connection
// is closed in order.
class Script {
 public:
  // Reads up to the end of a request head.
  Script& receive();
  Script& send(std::string bytes);
  // Waits until the client has closed.
  Script& hold();
  // Ends the connection by a TCP reset.
  Script& reset();
  // Ends the connection without TLS's close_notify; as the end of the script does in plain text.
  Script& cut();

  // Both: receive() and send().
  Script& answer(std::string bytes) { return receive().send(std::move(bytes)); }

 private:
  friend class ScriptedOrigin;
  enum class Kind : std::uint8_t { kReceive, kSend, kHold, kReset, kCut };
  struct Step {
    Kind kind;
    std::string bytes;
  };
  std::vector<Step> steps_;
};

// A server on a free loopback port, in threads of its own, that does as it is told whatever the
// protocol would have: the first connection plays the first script, and so on; further ones the
// last. Its end cuts all connections.
class ScriptedOrigin {
 public:
  explicit ScriptedOrigin(std::vector<Script> scripts);
  // Of one more address of a host: on 127.0.0.`last_byte`, with the port of another origin.
  ScriptedOrigin(std::vector<Script> scripts, std::uint8_t last_byte, std::uint16_t port);
  // Speaks TLS.
  ScriptedOrigin(std::vector<Script> scripts, const Identity& identity);
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;
  ~ScriptedOrigin();

  std::uint16_t port() const { return port_; }
  // Connections accepted so far.
  std::size_t connections() const;
  // The request heads received so far.
  std::vector<std::string> heads() const;
  // Of all TLS connections so far, those that resumed a session.
  std::size_t resumed() const;
  // The protocol that ALPN chose last; empty for none.
  std::string alpn() const;
  // Waits until so many connections have come to their end.
  void wait_for_ended(std::size_t connections) const;

 private:
  class Connection;

  struct ContextDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  void listen(std::uint8_t last_byte = 1, std::uint16_t port = 0);
  void accept_all();
  void serve(int descriptor, std::size_t number);

  std::vector<Script> scripts_;
  std::unique_ptr<SSL_CTX, ContextDeleter> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<int> open_;
  std::vector<std::string> heads_;
  std::string alpn_;
  std::size_t accepted_ = 0;
  std::size_t ended_ = 0;
  std::size_t resumed_ = 0;
  bool is_stopping_ = false;

  std::vector<std::jthread> workers_;
  std::jthread acceptor_;
};

}  // namespace yatagarasu::support
