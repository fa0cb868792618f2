#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "s3/client.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/judge_connection.h"
#include "s3/diagnosis/subject.h"
#include "s3/request.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3::diagnosis {

// Asks one bucket everything, one check after the other until nothing more can be told, and has the
// answers judged: DNS, TCP to every address, TLS, a listing of one key, the first byte of an
// object. Each step has the bucket's own time-outs.
//
// Call examine() once and let it end before the destruction. Threading: its loop.
class Examiner {
 public:
  Examiner(io::Loop& loop, io::Resolver& resolver, Subject subject);

  // In the order of the checks; each that applies is there.
  io::Task<std::vector<Finding>> examine();

 private:
  // False: likewise.
  io::Task<bool> reach();
  io::Task<bool> inspect_tls();
  // What S3 said; nothing where there is no point in going on.
  io::Task<std::optional<Answer>> ask_listing();
  io::Task<void> ask_objects(const Answer& listed);

  io::Task<void> connect_to_all(std::vector<io::Endpoint> addresses);
  io::Task<void> connect_to(std::size_t place, io::Endpoint address, io::TimePoint deadline);
  core::Result<void> make_client();
  io::Task<Asked> ask(ObjectRequest request);
  io::Task<Asked> ask_for_object(std::string_view key);
  io::Task<Answer> take_in(ObjectAnswer answer, Operation operation);
  // False when it is a failure.
  bool add(Finding finding);

  io::Loop& loop_;
  io::Resolver& resolver_;
  const Subject subject_;
  std::vector<Finding> findings_;
  std::vector<Attempt> attempts_;
  std::unique_ptr<io::TcpStream> connection_;  // The first that was accepted.
  std::unique_ptr<io::TlsClientContext> tls_;
  std::unique_ptr<Client> client_;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::s3::diagnosis
