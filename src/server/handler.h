#pragma once

#include "core/cidr.h"
#include "http/fields.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/shared_bytes.h"
#include "io/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace yatagarasu::server {

// Told how the sending of one answer ended, by whoever sends it, exactly once. The place for an
// access line: every way out of an exchange comes through here or through its destructor.
class ResponseObserver {
 public:
  enum class Outcome : std::uint8_t {
    kWhole,       // Every byte was handed to the kernel.
    kClientGone,  // The client left, stalled, or was cut at shutdown.
    kOriginCut,   // The body ended with an error; the client's transfer was cut.
  };

  virtual ~ResponseObserver() = default;
  ResponseObserver(const ResponseObserver&) = delete;
  ResponseObserver& operator=(const ResponseObserver&) = delete;

  // The first bytes of an answer whose body is a stream have been sent. That of any other is as
  // good as sent at once.
  virtual void begun() {}

  // `body_bytes` counts what was sent of the body, without framing.
  virtual void finished(Outcome outcome, std::uint64_t body_bytes) = 0;

 protected:
  ResponseObserver() = default;
};

// The body of an answer: nothing, bytes at hand, bytes that others hold too, or a stream that the
// connection pulls.
using Body =
    std::variant<std::monostate, std::string, io::SharedBytesRef, std::unique_ptr<io::ByteSource>>;

struct Response {
  int status = 500;
  // Everything but framing: Content-Length, Transfer-Encoding, Connection and the like are the
  // connection's business.
  http::HeaderBlock headers;
  // The Content-Length to announce. For a stream without one the body is chunked (or ended by
  // the close on HTTP/1.0). Bytes announce their own size. A HEAD's answer may have a length and no
  // body.
  std::optional<std::uint64_t> content_length;
  // May be null. Destroyed after finished(), and after the body; when finished() was never called
  // the answer was never begun.
  std::unique_ptr<ResponseObserver> observer;
  Body body;
  // After this answer the connection is closed.
  bool close = false;
};

// One request as a handler sees it. Alive, with all that its views point to, until the Response
// has been sent and destroyed.
struct Request {
  const http::RequestHead& head;
  core::IpAddress peer;            // The TCP peer.
  std::string_view protocol;       // "HTTP/2", "HTTP/1.1" or "HTTP/1.0", for the log. Static.
  io::TimePoint started;           // When its first byte was seen.
  io::TimePoint deadline;          // server.timeouts.request; kNever without one.
  std::string_view body{};         // Where the listener keeps bodies (Options::keeps_bodies).
  std::string_view tls_subject{};  // Of the client's certificate; empty where it showed none.
};

// An answer at hand, or what gets it: only what has to wait costs a coroutine.
using Handled = std::variant<Response, io::Task<Response>>;

// What a server does with requests. One per loop or shared by all: handle() is called from every
// loop's thread.
class Handler {
 public:
  virtual ~Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;

  // Every outcome is a Response; an exception closes the connection. When the client goes away the
  // task is cancelled (see io::Task).
  virtual Handled handle(const Request& request, io::Loop& loop) = 0;

  // The answer to a request that the codec refused, before any Request exists: 400, 408, 413, 414,
  // 405, 431. `reason` is static text for the log; `started` as in Request.
  virtual Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) = 0;

 protected:
  Handler() = default;
};

}  // namespace yatagarasu::server
