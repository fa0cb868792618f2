#pragma once

#include "core/result.h"
#include "io/task.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace yatagarasu::io {

enum class IoStatus : std::uint8_t {
  kOk,         // `bytes` were moved; at least one.
  kWantRead,   // Nothing now; wait until readable.
  kWantWrite,  // Nothing now; wait until writable.
  kEnd,        // The peer has ended its side in order.
  kFailed,     // Reset, or the protocol below failed; last_error() says how.
};

struct IoResult {
  IoStatus status = IoStatus::kFailed;
  std::size_t bytes = 0;
};

enum class Want : std::uint8_t { kRead, kWrite };
enum class WaitStatus : std::uint8_t { kReady, kTimedOut, kFailed };

// Whether more bytes follow at once, so that the kernel may keep a short segment back.
enum class More : bool { kNo, kYes };

// A connected byte stream: TCP, or TLS over it. Reads and writes are attempts that never block;
// waiting is a separate step, so that one who waits need not hold a buffer.
//
// One reader and one writer at a time, and one waiter in all. Threading: the loop's thread.
class Stream {
 public:
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual IoResult try_read(std::span<char> buffer) = 0;
  // Sends a prefix of the parts, in one system call where it can.
  virtual IoResult try_write(std::span<const iovec> parts, More more) = 0;

  // A time-out and a failure leave the stream as it is; close it to give it up.
  virtual Task<WaitStatus> wait(Want want, TimePoint deadline) = 0;

  // Ends a pending wait with kFailed; the stream stays as it is.
  virtual void interrupt() = 0;
  // Whether the peer has ended its side or reset, without reading anything.
  virtual bool peer_has_left() const = 0;
  // Bytes written that have not reached the peer yet, as far as that is known.
  virtual std::size_t in_transit() const { return 0; }

  // Sends an orderly end; the peer may still be read.
  virtual void shutdown_write() = 0;
  // Ends at once. Further attempts fail. Idempotent.
  virtual void close() = 0;
  // Ends at once with a reset, so that the peer cannot take what it got for the whole.
  virtual void abort() = 0;

  // The socket, where its bytes are the stream's own (plain TCP), for splice(2); else -1.
  virtual int plain_descriptor() const = 0;
  // For one who moves the socket's bytes himself: his attempt would have blocked. Without it the
  // next wait() may end at once.
  virtual void exhausted(Want /*want*/) {}
  // For logs; after kFailed.
  virtual std::string last_error() const = 0;

  // What TLS has agreed on and learned; empty without it. Valid as long as the stream.
  virtual std::string_view application_protocol() const { return {}; }  // By ALPN: "http/1.1".
  virtual std::string_view peer_subject() const { return {}; }  // Of the client's certificate.

 protected:
  Stream() = default;
};

// Waits and reads: at least one byte, or 0 at the peer's orderly end. kOriginTimeout when the
// deadline passes, kOriginUnreachable when the stream fails.
Task<core::Result<std::size_t>> read_some(Stream& stream, std::span<char> buffer,
                                          TimePoint deadline);

// Waits until writing goes on; kTimedOut when no byte has reached the peer for `stall`. The kernel
// lets one write again only when a third of its buffer is free, which can take a peer that is slow
// but steady longer than that. `wanted`: what the attempt said, kWantWrite or kWantRead; for the
// latter `stall` is all the time there is.
Task<WaitStatus> wait_to_write(Stream& stream, Duration stall,
                               IoStatus wanted = IoStatus::kWantWrite);

// Attempts to write all parts, without waiting; `parts` is used up in the course. What is left when
// the stream takes no more, or fails, is for write_all().
std::span<iovec> try_write_all(Stream& stream, std::span<iovec> parts, More more);

// Writes all parts; `parts` is used up in the course. `stall` as for wait_to_write().
Task<core::Result<void>> write_all(Stream& stream, std::span<iovec> parts, Duration stall,
                                   More more);

}  // namespace yatagarasu::io
