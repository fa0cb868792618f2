#pragma once

#include "app/runtime.h"
#include "core/result.h"
#include "devs3/dev_s3_handler.h"
#include "devs3/directory_store.h"
#include "devs3/options.h"
#include "s3/options.h"
#include "server/acceptor.h"
#include "server/options.h"

#include <cstdint>
#include <memory>
#include <string>

namespace yatagarasu::app {

// A directory served as S3 on a free port of 127.0.0.1, by one thread of its own, with
// credentials made at random for this start. Stops when it goes.
class DemoOrigin {
 public:
  // kSystem when the directory cannot be opened or no port is to be had.
  static core::Result<std::unique_ptr<DemoOrigin>> start(const std::string& directory);

  DemoOrigin(const DemoOrigin&) = delete;
  DemoOrigin& operator=(const DemoOrigin&) = delete;
  ~DemoOrigin();

  // How to reach it.
  s3::Options client_options() const;
  std::uint16_t port() const { return port_; }
  const std::string& bucket() const { return options_.bucket; }
  const devs3::DirectoryStore& store() const { return store_; }

 private:
  explicit DemoOrigin(devs3::DirectoryStore store);
  core::Result<void> listen();

  devs3::Options options_;
  devs3::DirectoryStore store_;
  devs3::DevS3Handler handler_;
  server::Options server_options_;
  Runtime runtime_;
  server::AcceptorShared shared_;
  std::unique_ptr<server::Acceptor> acceptor_;
  std::uint16_t port_ = 0;
};

}  // namespace yatagarasu::app
