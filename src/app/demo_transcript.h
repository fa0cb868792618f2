#pragma once

#include "core/result.h"
#include "devs3/directory_store.h"

#include <cstdint>
#include <cstdio>
#include <string>

namespace yatagarasu::app {

// The objects that a demonstration is about. Empty keys: the directory holds no file.
struct DemoObjects {
  std::string shown;  // Small text where there is one.
  std::string large;  // The largest.
  std::uint64_t large_size = 0;
  bool has_index = false;  // An index.html at the top, for a browser.

  bool empty() const { return shown.empty(); }
};

// Looks at the first kMaxLooked objects.
core::Result<DemoObjects> choose_objects(const devs3::DirectoryStore& store);

// Where things are.
struct DemoPlaces {
  std::uint16_t proxy_port = 0;
  std::string path_prefix;
  std::string private_prefix;  // The same objects, for who has a token.
  std::string token;           // Good for some time.
  std::string expired_token;   // "/demo"
  std::uint16_t origin_port = 0;
  std::string bucket;
};

// Asks the proxy for an object, its head, a part of the large one, what has not changed and what
// is not there, and the origin for an object without a signature, and writes what it asked and
// what came, for people. False when an answer is not what it has to be.
bool show_requests(std::FILE* out, const DemoPlaces& places, const DemoObjects& objects);

// What to try next by hand.
void show_hints(std::FILE* out, const DemoPlaces& places, const DemoObjects& objects);

}  // namespace yatagarasu::app
