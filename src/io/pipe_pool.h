#pragma once

#include <cstddef>
#include <vector>

namespace yatagarasu::io {

// Pipes of one loop for splice(2). A pipe is returned only when it is empty, else closed.
// Threading: the loop's thread. Outlives its pipes.
class PipePool {
 public:
  // What one transfer may hold in the kernel between the two sockets.
  static constexpr std::size_t kCapacity = 64 * 1024;
  static constexpr std::size_t kMaxIdle = 4;  // Made again for 5 µs, two descriptors each.

  // A pipe on loan; both ends are -1 when none could be had (descriptors are short).
  class Pipe {
   public:
    Pipe() = default;
    Pipe(Pipe&& other) noexcept;
    Pipe& operator=(Pipe&& other) noexcept;
    ~Pipe();

    explicit operator bool() const { return ends_.read >= 0; }
    int read_end() const { return ends_.read; }
    int write_end() const { return ends_.write; }

    // Bytes put in and not yet taken out; kept by whoever splices.
    std::size_t held = 0;

   private:
    friend class PipePool;
    struct Ends {
      int read = -1;
      int write = -1;
    };
    Pipe(PipePool& pool, Ends ends) : pool_(&pool), ends_(ends) {}

    PipePool* pool_ = nullptr;
    Ends ends_;
  };

  PipePool() = default;
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;
  ~PipePool();

  Pipe take();

 private:
  std::vector<Pipe::Ends> idle_;
};

}  // namespace yatagarasu::io
