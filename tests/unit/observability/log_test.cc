#include "observability/log.h"

#include "core/result.h"
#include "observability/access_record.h"
#include "observability/field.h"
#include "observability/line_writer.h"
#include "observability/logger.h"
#include "observability/options.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace yatagarasu::observability {
namespace {

using ::testing::HasSubstr;

class LogTest : public ::testing::Test {
 public:
  ~LogTest() override { std::filesystem::remove_all(directory_); }

 protected:
  LogTest() {
    std::string pattern = ::testing::TempDir() + "yatagarasu-log-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    options_.output = path("log");
  }

  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

  std::unique_ptr<Log> open() const {
    core::Result<std::unique_ptr<Log>> log = Log::open(options_);
    return log ? std::move(*log) : nullptr;
  }

  static std::string read(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return std::move(text).str();
  }

  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  std::vector<std::string> written() const { return lines_of(read(options_.output)); }

  std::string directory_;
  LogOptions options_;
};

// A named pipe that the log writes to and that nobody reads before it is told to.
class LogPipeTest : public LogTest {
 public:
  ~LogPipeTest() override {
    if (reader_ >= 0) ::close(reader_);
  }

 protected:
  LogPipeTest() {
    EXPECT_EQ(::mkfifo(options_.output.c_str(), 0600), 0);
    reader_ = ::open(options_.output.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ::fcntl(reader_, F_SETFL, 0);
  }

  void leave() { ::close(std::exchange(reader_, -1)); }

  std::string read_to_end() const {
    std::string text;
    std::string part(65536, '\0');
    for (ssize_t got = 0; (got = ::read(reader_, part.data(), part.size())) > 0;) {
      text.append(part, 0, static_cast<std::size_t>(got));
    }
    return text;
  }

  // More than the pipe, the writer's batch and the buffer hold; how many.
  static std::size_t log_until_some_are_dropped(const Log& log, Logger& logger) {
    const std::string filler(1000, 'x');
    std::size_t count = 0;
    while (log.dropped() == 0) logger.info("filler", {{"number", ++count}, {"text", filler}});
    return count;
  }

  static std::size_t count_lines_with(std::string_view word, const std::string& text) {
    const std::vector<std::string> lines = lines_of(text);
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const std::string& line) { return line.contains(word); }));
  }

  static void expect_json(const std::string& line) {
    boost::json::error_code error;
    boost::json::parse(line, error);
    EXPECT_FALSE(error) << line;
  }

  int reader_ = -1;
};

TEST_F(LogTest, WritesEveryLineBeforeItIsGone) {
  constexpr std::size_t kLines = 1000;
  auto log = open();
  Logger& logger = log->attach();

  for (std::size_t i = 0; i < kLines; ++i) logger.info("line", {{"number", i}});
  log.reset();

  const std::vector<std::string> lines = written();
  ASSERT_EQ(lines.size(), kLines);
  for (std::size_t i = 0; i < kLines; ++i) {
    EXPECT_EQ(boost::json::parse(lines[i]).at("number").as_int64(), static_cast<std::int64_t>(i));
  }
}

TEST_F(LogTest, KeepsTheOrderOfEachOfManyThreads) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kLines = 500;
  auto log = open();

  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&logger = log->attach(), t] {
      for (std::size_t i = 0; i < kLines; ++i) logger.info("line", {{"thread", t}, {"number", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  log.reset();

  std::vector<std::size_t> next(kThreads, 0);
  for (const std::string& line : written()) {
    const boost::json::value parsed = boost::json::parse(line);
    const auto thread = parsed.at("thread").to_number<std::size_t>();
    EXPECT_EQ(parsed.at("number").to_number<std::size_t>(), next.at(thread)++);
  }
  EXPECT_THAT(next, ::testing::Each(kLines));
}

TEST_F(LogTest, TakesLinesOfSeveralThreadsThroughOneLogger) {
  auto log = open();
  Logger& logger = log->attach();
  const auto say = [&logger] {
    for (int i = 0; i < 200; ++i) logger.warn("line");
  };

  std::thread one(say);
  std::thread two(say);
  one.join();
  two.join();
  log.reset();

  EXPECT_EQ(written().size(), 400U);
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  options_.level = Level::kWarn;
  auto log = open();
  Logger& logger = log->attach();

  logger.debug("one");
  logger.info("two");
  logger.warn("three");
  logger.error("four");
  EXPECT_FALSE(logger.is_enabled(Level::kInfo));
  log.reset();

  const std::vector<std::string> lines = written();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr(R"("message":"three")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("message":"four")"));
}

TEST_F(LogTest, WritesAccessLinesWhateverTheLevel) {
  options_.level = Level::kError;
  auto log = open();

  log->attach().access(AccessRecord{});
  log.reset();

  EXPECT_THAT(read(options_.output), HasSubstr(R"("message":"request")"));
}

TEST_F(LogTest, WritesNoAccessLineWhenTheyAreSwitchedOff) {
  options_.access_log = false;
  auto log = open();

  log->attach().access(AccessRecord{});
  log.reset();

  EXPECT_EQ(read(options_.output), "");
}

TEST_F(LogTest, AppendsToAFileThatIsThere) {
  std::ofstream(options_.output) << "old\n";
  options_.format = Format::kText;

  auto log = open();
  log->attach().info("new");
  log.reset();

  const std::vector<std::string> lines = written();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "old");
  EXPECT_THAT(lines[1], HasSubstr(" INFO new"));
}

TEST_F(LogTest, MakesAFileThatOthersCannotRead) {
  const auto log = open();

  struct stat status{};
  ASSERT_EQ(::stat(options_.output.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
}

TEST_F(LogTest, SaysWhichOutputCannotBeOpened) {
  options_.output = path("nowhere/log");

  const core::Result<std::unique_ptr<Log>> log = Log::open(options_);

  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, core::ErrorCode::kSystem);
  EXPECT_THAT(log.error().detail, HasSubstr("nowhere/log: No such file or directory"));
}

TEST_F(LogTest, WritesToAnewFileOnceReopened) {
  auto log = open();
  Logger& logger = log->attach();
  logger.info("before");

  std::filesystem::rename(options_.output, path("log.1"));
  ASSERT_TRUE(log->reopen());
  logger.info("after");
  log.reset();

  EXPECT_THAT(read(options_.output), HasSubstr("after"));
  EXPECT_THAT(read(path("log.1")), ::testing::Not(HasSubstr("after")));
  EXPECT_THAT(read(path("log.1")) + read(options_.output), HasSubstr("before"));
}

TEST_F(LogTest, KeepsTheOldFileWhenReopeningFails) {
  const std::string inside = path("inside");
  std::filesystem::create_directory(inside);
  options_.output = inside + "/log";
  auto log = open();

  std::filesystem::rename(inside, path("moved"));
  const core::Result<void> reopened = log->reopen();
  log->attach().info("still here");
  log.reset();

  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code, core::ErrorCode::kSystem);
  EXPECT_THAT(read(path("moved/log")), HasSubstr("still here"));
}

TEST_F(LogTest, ReopensStandardErrorToo) {
  options_.output = "stderr";
  const auto log = open();

  EXPECT_TRUE(log->reopen());
}

TEST_F(LogTest, CountsWhatAFullDiskRefuses) {
  options_.output = "/dev/full";
  auto log = open();
  Logger& logger = log->attach();

  for (int i = 0; i < 10; ++i) logger.info("line");
  while (log->dropped() < 10) std::this_thread::yield();

  EXPECT_EQ(log->dropped(), 10U);
}

// Files of this process cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(LogTest, BeginsANewLineAfterOneThatWasCutShort) {
  auto log = open();
  Logger& logger = log->attach();
  {
    const FileSizeLimit limit(250);
    for (int i = 0; i < 10; ++i) logger.info("a line that does not fit as a whole");
    while (log->dropped() == 0) std::this_thread::yield();
  }

  logger.info("after");
  log.reset();

  const std::vector<std::string> lines = written();
  const auto after = std::ranges::find_if(
      lines, [](const std::string& line) { return line.contains(R"("message":"after")"); });
  ASSERT_NE(after, lines.end());
  EXPECT_TRUE(after->starts_with("{\"timestamp\"")) << *after;
}

// Standard output is another file while it lives.
class StandardOutput {
 public:
  explicit StandardOutput(int fd) : before_(::dup(STDOUT_FILENO)) { ::dup2(fd, STDOUT_FILENO); }
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;
  ~StandardOutput() {
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }

 private:
  int before_;
};

TEST_F(LogTest, WritesToAStandardOutputThatIsASocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  options_.output = "stdout";
  {
    const StandardOutput replaced(ends[0]);
    auto log = open();
    log->attach().info("hello");
  }

  std::string text(1000, '\0');
  const ssize_t got = ::read(ends[1], text.data(), text.size());
  for (const int end : ends) ::close(end);

  ASSERT_GT(got, 0);
  EXPECT_THAT(text, HasSubstr(R"("message":"hello")"));
}

TEST_F(LogTest, CountsALineThatNoBufferHolds) {
  auto log = open();
  Logger& logger = log->attach();
  const std::string long_text(kMaxValueBytes, '\x01');

  logger.info("too long", std::initializer_list<Field>{{"a", long_text},
                                                       {"b", long_text},
                                                       {"c", long_text},
                                                       {"d", long_text},
                                                       {"e", long_text},
                                                       {"f", long_text},
                                                       {"g", long_text},
                                                       {"h", long_text},
                                                       {"i", long_text},
                                                       {"j", long_text},
                                                       {"k", long_text}});
  EXPECT_EQ(log->dropped(), 1U);
  logger.info("short");
  log.reset();

  const std::string text = read(options_.output);
  EXPECT_THAT(text, HasSubstr("short"));
  EXPECT_THAT(text, HasSubstr(R"("message":"log lines dropped","dropped":1,"dropped_total":1)"));
}

TEST_F(LogPipeTest, DropsAndCountsWhileNobodyReadsAndSaysSoAfterwards) {
  auto log = open();
  Logger& logger = log->attach();
  const std::size_t said = log_until_some_are_dropped(*log, logger);
  const std::uint64_t dropped = log->dropped();

  std::string text;
  std::thread reader([&] { text = read_to_end(); });
  log.reset();
  reader.join();

  EXPECT_EQ(count_lines_with("\"filler\"", text) + dropped, said);
  EXPECT_THAT(text, HasSubstr(R"("level":"warn","message":"log lines dropped")"));
  for (const std::string& line : lines_of(text)) expect_json(line);
}

TEST_F(LogPipeTest, GivesUpTheRestWhenNobodyReadsAtShutdown) {
  auto log = open();
  log_until_some_are_dropped(*log, log->attach());

  const auto begin = std::chrono::steady_clock::now();
  log.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5 * Log::kFlushLimit);
}

TEST_F(LogPipeTest, SurvivesAReaderThatLeaves) {
  auto log = open();
  Logger& logger = log->attach();

  leave();
  logger.info("to nobody");
  while (log->dropped() == 0) std::this_thread::yield();

  EXPECT_EQ(log->dropped(), 1U);
}

}  // namespace
}  // namespace yatagarasu::observability
