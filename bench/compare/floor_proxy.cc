// The least that any user-space proxy can do here: bytes move between a client and its own origin
// connection, nothing is parsed, signed or logged. `floor_proxy PORT ORIGIN_PORT copy|splice`:
// through a 64 KiB buffer, or through a pipe.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Side {
  int socket;
  Side* other;
  int pipe[2];    // what was read from this side and not yet written to the other
  size_t queued;  // bytes in the pipe, or in the buffer
  size_t offset;
  char* buffer;
};

constexpr size_t kBuffer = 64 * 1024, kPipe = 1024 * 1024;
int poller;
bool splicing;

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Side* side(int socket) {
  auto* made = new Side{socket, nullptr, {-1, -1}, 0, 0, nullptr};
  int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(socket, F_SETFL, O_NONBLOCK);
  if (splicing) {
    if (pipe2(made->pipe, O_NONBLOCK)) std::exit(1);
    fcntl(made->pipe[1], F_SETPIPE_SZ, kPipe);
  } else {
    made->buffer = static_cast<char*>(std::malloc(kBuffer));
  }
  return made;
}

void watch(Side* s) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = s;
  epoll_ctl(poller, EPOLL_CTL_ADD, s->socket, &event);
}

// Moves all it can from one side to the other; false when the connection has ended.
bool pump(Side* from) {
  for (;;) {
    if (!from->queued) {
      ssize_t got = splicing ? splice(from->socket, nullptr, from->pipe[1], nullptr, kPipe,
                                      SPLICE_F_MOVE | SPLICE_F_NONBLOCK)
                             : read(from->socket, from->buffer, kBuffer);
      if (got == 0) return false;
      if (got < 0) return true;
      from->queued = static_cast<size_t>(got);
      from->offset = 0;
    }
    ssize_t put = splicing ? splice(from->pipe[0], nullptr, from->other->socket, nullptr,
                                    from->queued, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)
                           : write(from->other->socket, from->buffer + from->offset, from->queued);
    if (put <= 0) return errno == EAGAIN;
    from->queued -= static_cast<size_t>(put);
    from->offset += static_cast<size_t>(put);
    // A short read of a stream means that it is drained: epoll will say when there is more.
    if (!from->queued && !splicing && from->offset < kBuffer) return true;
  }
}

void end(Side* s) {
  for (Side* each : {s, s->other}) {
    close(each->socket);
    if (splicing) close(each->pipe[0]), close(each->pipe[1]);
    each->socket = -1;  // freed never: a later event of this turn may still point here
  }
}

}  // namespace

int main(int, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  splicing = !std::strcmp(argv[3], "splice");
  auto here = local(std::atoi(argv[1])), origin = local(std::atoi(argv[2]));
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, reinterpret_cast<sockaddr*>(&here), sizeof here) || listen(listener, 1024))
    return std::perror("listen"), 1;
  poller = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  epoll_event events[256];
  for (;;) {
    int count = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      auto* s = static_cast<Side*>(events[i].data.ptr);
      if (!s) {
        for (int client; (client = accept(listener, nullptr, nullptr)) >= 0;) {
          int upstream = socket(AF_INET, SOCK_STREAM, 0);
          if (connect(upstream, reinterpret_cast<sockaddr*>(&origin), sizeof origin))
            return std::perror("connect"), 1;
          Side *a = side(client), *b = side(upstream);
          a->other = b, b->other = a;
          watch(a), watch(b);
        }
        continue;
      }
      if (s->socket < 0) continue;
      bool alive = !(events[i].events & EPOLLIN) || pump(s);
      if (alive && (events[i].events & EPOLLOUT) && s->other->queued) alive = pump(s->other);
      if (!alive) end(s);
    }
  }
}
