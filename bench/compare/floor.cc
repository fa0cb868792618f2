// The floor: the least a user-space HTTP/1.1 server can do on this kernel. One thread,
// edge-triggered epoll, one recv and one gather-send per request, a fixed answer with the headers a
// cached object carries, no parsing beyond the blank line. Usage: floor PORT [BODY_BYTES]
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

int main(int count, char** argv) {
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  listen(listener, 4096);

  const size_t size = count > 2 ? std::strtoul(argv[2], nullptr, 10) : 1024;
  std::string body(size, 'x');
  std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) +
      "\r\n"
      "ETag: \"0123456789abcdef0123456789abcdef\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 "
      "GMT\r\n"
      "Accept-Ranges: bytes\r\nX-Cache: HIT\r\nX-Request-Id: "
      "0123456789abcdef0123456789abcdef\r\n\r\n";
  std::vector<size_t> left(1 << 16);  // by descriptor: bytes of the answer not sent yet
  const size_t whole = head.size() + body.size();
  auto send = [&](int fd) {
    while (left[fd]) {
      size_t done = whole - left[fd];
      iovec parts[2] = {{head.data() + done, head.size() - done}, {body.data(), body.size()}};
      if (done >= head.size())
        parts[0].iov_len = 0, parts[1] = {body.data() + (done - head.size()), left[fd]};
      msghdr message{};
      message.msg_iov = parts;
      message.msg_iovlen = 2;
      ssize_t put = sendmsg(fd, &message, MSG_NOSIGNAL);
      if (put <= 0) return;
      left[fd] -= static_cast<size_t>(put);
    }
  };
  int poll = epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = listener}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  epoll_event events[256];
  char buffer[16384];
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        for (int peer; (peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          epoll_event added{EPOLLIN | EPOLLET | (size > 4096 ? EPOLLOUT : 0u), {.fd = peer}};
          epoll_ctl(poll, EPOLL_CTL_ADD, peer, &added);
        }
        continue;
      }
      if (left[fd]) {
        send(fd);
        continue;
      }
      if (!(events[i].events & EPOLLIN)) continue;
      ssize_t got = recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) {
        left[fd] = 0;
        close(fd);
      } else if (memmem(buffer, static_cast<size_t>(got), "\r\n\r\n", 4) != nullptr) {
        left[fd] = whole;
        send(fd);
      }
    }
  }
}
