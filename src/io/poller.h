#pragma once

#include "io/stream.h"
#include "io/task.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <sys/epoll.h>
#include <utility>

namespace yatagarasu::io {

// Tells one loop's connected sockets what they can do, edge-triggered: a socket is registered
// once, for both directions, and what the kernel said is remembered until an attempt finds it used
// up. Asio registers again for each wait, which is two system calls a request (decision 7).
//
// It is an epoll of its own inside the loop's: Asio waits until it has events, then all of them are
// handed out in one go.
//
// Threading: the loop's thread. Lifetime: outlives its sockets.
class Poller {
 public:
  // One registered socket. Owns the descriptor.
  class Socket {
   public:
    // Takes over a socket that is non-blocking and connected, or connecting. Closed at once when
    // the kernel has no memory left to watch it.
    Socket(Poller& poller, int descriptor);
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { release(); }

    int descriptor() const { return descriptor_; }  // -1 once closed.

    // An attempt found nothing to read, or no room to write: the next wait is for more. One that
    // would block and is not told makes the next wait end at once, again and again.
    void exhausted(Want want) { ready_ &= ~bit(want) | ended_; }

    // Whether a wait would end at once.
    bool is_ready(Want want) const { return (ready_ & bit(want)) != 0; }
    // To be awaited: ends once an attempt is worth while, or when interrupt() or a cancellation
    // comes first, and is_interrupted() says which. One waiter at a time.
    auto wait(Want want) {
      return asio::async_initiate<const asio::deferred_t, void()>(
          [this, want](auto resume) {
            const asio::cancellation_slot slot = asio::get_associated_cancellation_slot(resume);
            begin(want, std::move(resume), slot);
          },
          asio::deferred);
    }
    bool is_interrupted() const { return is_interrupted_; }
    // Ends a pending wait, from the loop and not within this call.
    void interrupt();
    // Idempotent. A pending wait is interrupted.
    void close();

   private:
    friend class Poller;

    static std::uint8_t bit(Want want) { return want == Want::kRead ? kReadable : kWritable; }
    void begin(Want want, std::move_only_function<void()> resume, asio::cancellation_slot slot);
    void release();
    void notify(std::uint32_t events);
    void resume_later();

    static constexpr std::uint8_t kReadable = 1;
    static constexpr std::uint8_t kWritable = 2;

    Poller& poller_;
    int descriptor_;
    std::uint8_t ready_ = 0;
    std::uint8_t ended_ = 0;  // What stays ready: the peer has ended, or the socket has failed.
    std::uint8_t wanted_ = 0;
    bool is_interrupted_ = false;
    std::move_only_function<void()> resume_;  // Set while a wait is pending.
  };

  explicit Poller(asio::io_context& context);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

 private:
  // Events taken at a time; with more the next turn goes on.
  static constexpr std::size_t kBatch = 256;

  void add(Socket& socket);
  void remove(const Socket& socket);
  // While there is a socket the loop waits for events.
  void listen();
  void dispatch();

  asio::posix::basic_stream_descriptor<Executor> epoll_;
  std::size_t sockets_ = 0;
  bool is_listening_ = false;
  std::array<epoll_event, kBatch> events_{};
  std::span<epoll_event> undelivered_;  // Of the batch being handed out.
};

}  // namespace yatagarasu::io
