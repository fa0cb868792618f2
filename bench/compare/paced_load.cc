// Load that does not wait for answers: paced_load PORT PATH RATE CONNECTIONS SECONDS
//
// Sends RATE requests a second, evenly spread, each on a connection that is free; 0: on every
// connection the next one as soon as it has its answer. Prints how many answers of each kind there
// were and how long those with 200 took, from the moment at which they were due.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using Clock = std::chrono::steady_clock;

namespace {

struct Connection {
  int socket = -1;
  bool is_busy = false;
  Clock::time_point due{};
  std::string head;
  long long body_left = -1;  // -1: the head is not whole.
  int status = 0;
};

struct Result {
  std::map<int, long> answers;  // By status.
  std::vector<double> good_ms;
  long lost = 0, unsent = 0;
};

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  return fd;
}

// False when the connection has ended. Bodies are dropped by the kernel, uncopied.
bool receive(Connection& connection) {
  while (connection.is_busy) {
    char buffer[4096];
    const bool in_head = connection.body_left < 0;
    const std::size_t most =
        in_head ? sizeof buffer : static_cast<std::size_t>(connection.body_left);
    const ssize_t got = recv(connection.socket, in_head ? buffer : nullptr, most,
                             MSG_DONTWAIT | (in_head ? 0 : MSG_TRUNC));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return false;
    if (in_head) {
      connection.head.append(buffer, static_cast<std::size_t>(got));
      const std::size_t end = connection.head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      connection.status = std::atoi(connection.head.c_str() + 9);
      const char* const length = strcasestr(connection.head.c_str(), "\r\ncontent-length:");
      if (length == nullptr) return false;
      connection.body_left = std::atoll(length + 17);
      connection.body_left -= static_cast<long long>(connection.head.size() - end - 4);
    } else {
      connection.body_left -= got;
    }
    if (connection.body_left == 0) connection.is_busy = false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int port = std::atoi(argv[1]);
  const std::string request = std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: bench\r\n\r\n";
  const double rate = std::atof(argv[3]);
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[4])));
  const double seconds = std::atof(argv[5]);

  const int epoll = epoll_create1(0);
  std::vector<Connection*> free;
  const auto open = [&](Connection& each, int operation) {
    each.socket = connect_to(port);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &each}};
    epoll_ctl(epoll, operation, each.socket, &event);
  };
  for (Connection& each : connections) {
    open(each, EPOLL_CTL_ADD);
    free.push_back(&each);
  }

  Result result;
  const Clock::time_point begin = Clock::now();
  const auto since = [begin](Clock::time_point now) {
    return std::chrono::duration<double>(now - begin).count();
  };
  const auto send_on_free = [&](Clock::time_point due) {
    Connection& next = *free.back();
    free.pop_back();
    next.is_busy = true;
    next.due = due;
    next.head.clear();
    next.body_left = -1;
    if (send(next.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) ++result.lost;
  };
  long due = 0;
  for (Clock::time_point now = begin; since(now) < seconds; now = Clock::now()) {
    if (rate == 0) {
      while (!free.empty()) send_on_free(now);
    }
    for (; rate > 0 && static_cast<double>(due) < since(now) * rate; ++due) {
      if (free.empty()) {
        ++result.unsent;
        continue;
      }
      const std::chrono::duration<double> at(static_cast<double>(due) / rate);
      send_on_free(begin + std::chrono::duration_cast<Clock::duration>(at));
    }
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, rate > 0 ? 1 : 100);
    for (int i = 0; i < count; ++i) {
      Connection& each = *static_cast<Connection*>(events[i].data.ptr);
      const bool is_open = receive(each);
      if (is_open && each.is_busy) continue;
      if (is_open) {
        ++result.answers[each.status];
        const std::chrono::duration<double, std::milli> took = Clock::now() - each.due;
        if (each.status == 200) result.good_ms.push_back(took.count());
      } else {
        result.lost += each.is_busy ? 1 : 0;
        each.is_busy = false;
        close(each.socket);
        open(each, EPOLL_CTL_ADD);
      }
      if (std::find(free.begin(), free.end(), &each) == free.end()) free.push_back(&each);
    }
  }
  std::sort(result.good_ms.begin(), result.good_ms.end());
  const double p99 =
      result.good_ms.empty() ? 0 : result.good_ms[(result.good_ms.size() - 1) * 99 / 100];
  for (const auto& [status, count] : result.answers) {
    std::printf("%ld answers %d, %.1f/s\n", count, status, static_cast<double>(count) / seconds);
  }
  std::printf("p99 %.3f ms\n%ld lost\n%ld unsent\n", p99, result.lost, result.unsent);
}
