// Handshakes as load: connects, asks for one small answer, closes; again and again, in parallel.
// Usage: tls_load PORT PATH full|resumed CONNECTIONS SECONDS
// Prints what wrk prints. Ends with 1 when a handshake was not of the kind that was asked for.
#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Target {
  int port;
  std::string request;
};

struct Worker {
  std::vector<double> times_ms;
  long failures = 0;
  long of_other_kind = 0;
};

SSL_SESSION* latest(SSL_SESSION* before, SSL* ssl) {
  SSL_SESSION* const now = SSL_get1_session(ssl);
  if (now == nullptr || SSL_SESSION_is_resumable(now) == 0) return before;
  SSL_SESSION_free(before);
  return now;
}

// One connection from its first byte to its last; false when it failed.
bool request(SSL_CTX* context, const Target& target, SSL_SESSION** session, bool* is_resumed) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(target.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, descriptor);
  if (*session != nullptr) SSL_set_session(ssl, *session);
  bool is_fine = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                 SSL_connect(ssl) == 1;
  if (is_fine) {
    is_fine = SSL_write(ssl, target.request.data(), static_cast<int>(target.request.size())) > 0;
    char buffer[4096];
    const int first = is_fine ? SSL_read(ssl, buffer, sizeof buffer) : 0;
    is_fine = first > 12 && std::memcmp(buffer, "HTTP/1.1 200", 12) == 0;
    while (is_fine && SSL_read(ssl, buffer, sizeof buffer) > 0) {
    }
    *is_resumed = SSL_session_reused(ssl) == 1;
    *session = latest(*session, ssl);
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(descriptor);
  return is_fine;
}

void work(SSL_CTX* context, const Target& target, bool resumes, Clock::time_point end,
          Worker& result) {
  SSL_SESSION* session = nullptr;
  bool is_resumed = false;
  if (resumes) request(context, target, &session, &is_resumed);
  while (Clock::now() < end) {
    SSL_SESSION* none = nullptr;
    const auto begun = Clock::now();
    if (!request(context, target, resumes ? &session : &none, &is_resumed)) {
      ++result.failures;
      continue;
    }
    if (is_resumed != resumes) ++result.of_other_kind;
    result.times_ms.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    SSL_SESSION_free(none);
  }
  SSL_SESSION_free(session);
}

}  // namespace

int main(int count, char** argument) {
  if (count != 6) return 2;
  const Target target{.port = std::atoi(argument[1]),
                      .request = "GET " + std::string(argument[2]) +
                                 " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"};
  const bool resumes = std::strcmp(argument[3], "resumed") == 0;
  const double seconds = std::atof(argument[5]);
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);

  std::vector<Worker> workers(static_cast<std::size_t>(std::atoi(argument[4])));
  const auto end = Clock::now() + std::chrono::milliseconds(static_cast<long>(seconds * 1000));
  std::vector<std::thread> threads;
  for (Worker& worker : workers) {
    threads.emplace_back([&] { work(context, target, resumes, end, worker); });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<double> times;
  long failures = 0;
  long of_other_kind = 0;
  for (const Worker& worker : workers) {
    times.insert(times.end(), worker.times_ms.begin(), worker.times_ms.end());
    failures += worker.failures;
    of_other_kind += worker.of_other_kind;
  }
  std::sort(times.begin(), times.end());
  const double p99 = times.empty() ? 0 : times[times.size() * 99 / 100];
  std::printf("99%% %.3fms\n%zu requests in %.2fs\nRequests/sec: %.2f\n", p99, times.size(),
              seconds, static_cast<double>(times.size()) / seconds);
  if (failures > 0) std::printf("Socket errors: %ld\n", failures);
  if (of_other_kind > 0) std::printf("%ld handshakes were not %s\n", of_other_kind, argument[3]);
  return failures + of_other_kind == 0 ? 0 : 1;
}
