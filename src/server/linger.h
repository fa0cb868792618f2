#pragma once

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

namespace yatagarasu::server {

// Ends the sending side and gives the client a while to read the last answer and to close, dropping
// what it still sends: a close with bytes unread would reset the connection and destroy the answer.
io::Task<void> linger(io::Loop& loop, io::Stream& stream);

}  // namespace yatagarasu::server
