#include "io/poller.h"

#include "io/stream.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace yatagarasu::io {
namespace {

int make_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return descriptor;
}

}  // namespace

Poller::Poller(asio::io_context& context) : epoll_(context.get_executor(), make_epoll()) {}

void Poller::add(Socket& socket) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &socket}};
  ++sockets_;
  listen();
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket.descriptor(), &event) != 0) {
    socket.close();
  }
}

void Poller::remove(const Socket& socket) {
  --sockets_;
  boost::system::error_code ignored;
  if (sockets_ == 0) epoll_.cancel(ignored);
  // It may be closed by what another one's event brings about.
  for (epoll_event& event : undelivered_) {
    if (event.data.ptr == &socket) event.data.ptr = nullptr;
  }
}

void Poller::listen() {
  if (is_listening_ || sockets_ == 0) return;
  is_listening_ = true;
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      is_listening_ = false;
                      if (!error) dispatch();
                      listen();
                    });
}

void Poller::dispatch() {
  const int count =
      ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  if (count <= 0) return;
  undelivered_ = std::span(events_).first(static_cast<std::size_t>(count));
  while (!undelivered_.empty()) {
    const epoll_event event = undelivered_.front();
    undelivered_ = undelivered_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<Socket*>(event.data.ptr)->notify(event.events);
  }
}

Poller::Socket::Socket(Poller& poller, int descriptor) : poller_(poller), descriptor_(descriptor) {
  poller.add(*this);
}

void Poller::Socket::notify(std::uint32_t events) {
  if ((events & EPOLLIN) != 0) ready_ |= kReadable;
  if ((events & EPOLLOUT) != 0) ready_ |= kWritable;
  // The end comes once and may come together with the last bytes.
  if ((events & EPOLLRDHUP) != 0) ended_ |= kReadable;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) ended_ |= kReadable | kWritable;
  ready_ |= ended_;
  if ((ready_ & wanted_) == 0 || !resume_) return;
  wanted_ = 0;
  // May destroy this socket.
  std::exchange(resume_, nullptr)();
}

void Poller::Socket::begin(Want want, std::move_only_function<void()> resume,
                           asio::cancellation_slot slot) {
  is_interrupted_ = false;
  resume_ = std::move(resume);
  wanted_ = bit(want);
  if ((ready_ & wanted_) != 0 || descriptor_ < 0) {
    // From the loop: others have their turn between two pieces of one that always has more.
    is_interrupted_ = descriptor_ < 0;
    resume_later();
    return;
  }
  if (slot.is_connected()) {
    slot.assign([this](asio::cancellation_type /*how*/) { interrupt(); });
  }
}

void Poller::Socket::resume_later() {
  wanted_ = 0;
  asio::post(poller_.epoll_.get_executor(), std::exchange(resume_, nullptr));
}

void Poller::Socket::interrupt() {
  if (!resume_) return;
  is_interrupted_ = true;
  resume_later();
}

void Poller::Socket::close() {
  release();
  interrupt();
}

void Poller::Socket::release() {
  if (descriptor_ < 0) return;
  poller_.remove(*this);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace yatagarasu::io
