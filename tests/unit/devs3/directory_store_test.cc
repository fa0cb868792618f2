#include "devs3/directory_store.h"

#include "unit/devs3/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace yatagarasu::devs3 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class DirectoryStoreTest : public ::testing::Test {
 protected:
  core::ErrorCode error_of(std::string_view key) {
    const auto object = store_.get(key);
    return object ? core::ErrorCode::kInternal : object.error().code;
  }
  std::string content_of(std::string_view key) {
    const auto object = store_.get(key);
    if (!object) return "(" + object.error().detail + ")";
    std::string bytes(object->meta.size, '\0');
    EXPECT_EQ(::pread(object->file.get(), bytes.data(), bytes.size(), 0), ssize(bytes));
    return bytes;
  }

  TemporaryDirectory outside_;
  TemporaryDirectory directory_;
  DirectoryStore store_ = DirectoryStore::open(directory_.path()).value();
};

TEST_F(DirectoryStoreTest, AKeyIsThePathBelowTheDirectoryByteForByte) {
  directory_.write("a/b c/grün & 100%.txt", "leaves");
  directory_.write("a/\xff\x01", "bytes");

  EXPECT_EQ(content_of("a/b c/grün & 100%.txt"), "leaves");
  EXPECT_EQ(content_of("a/\xff\x01"), "bytes");
}

TEST_F(DirectoryStoreTest, KeysThatCouldMeanAnotherPathNameNoObject) {
  outside_.write("secret", "no");
  directory_.write("a/file", "yes");
  const std::string up = "../" + std::filesystem::path(outside_.path()).filename().string();

  for (const std::string& key : {std::string(""),
                                 std::string("/"),
                                 std::string("."),
                                 std::string(".."),
                                 up + "/secret",
                                 "a/../../" + up + "/secret",
                                 std::string("a/../a/file"),
                                 std::string("a/./file"),
                                 std::string("./a/file"),
                                 std::string("a//file"),
                                 std::string("/a/file"),
                                 std::string("a/file/"),
                                 std::string("a/"),
                                 std::string("a"),
                                 outside_.path() + "/secret",
                                 std::string("a/file\0", 7),
                                 std::string("a/file\0/x", 9),
                                 std::string(1025, 'k'),
                                 std::string("missing"),
                                 std::string("a/file/below")}) {
    EXPECT_EQ(error_of(key), core::ErrorCode::kNotFound) << key;
  }
}

TEST_F(DirectoryStoreTest, ALinkThatStaysInsideIsFollowed) {
  directory_.write("real/file", "content");
  directory_.link("file", "real/file");
  directory_.link("directory", "real");

  EXPECT_EQ(content_of("file"), "content");
  EXPECT_EQ(content_of("directory/file"), "content");
}

TEST_F(DirectoryStoreTest, ALinkThatLeavesNamesNoObject) {
  outside_.write("secret", "no");
  directory_.write("real/file", "content");
  directory_.link("absolute", outside_.path() + "/secret");
  directory_.link("directory", outside_.path());
  directory_.link("relative",
                  "../" + std::filesystem::path(outside_.path()).filename().string() + "/secret");
  directory_.link("real/chain", "../absolute");
  directory_.link("loop", "loop");

  for (const auto* const key :
       {"absolute", "directory/secret", "relative", "real/chain", "loop", "loop/file"}) {
    EXPECT_EQ(error_of(key), core::ErrorCode::kNotFound) << key;
  }
}

TEST_F(DirectoryStoreTest, WhatIsNoRegularFileNamesNoObject) {
  ASSERT_EQ(::mkfifo((directory_.path() + "/fifo").c_str(), 0600), 0);

  EXPECT_EQ(error_of("fifo"), core::ErrorCode::kNotFound);
}

TEST_F(DirectoryStoreTest, TheEtagIsStrongAndChangesWithTheFile) {
  directory_.write("file", "one");
  const std::string first = store_.get("file")->meta.etag;
  const std::string again = store_.get("file")->meta.etag;

  directory_.write("file", "longer");
  const std::string changed = store_.get("file")->meta.etag;

  EXPECT_THAT(first, MatchesRegex("\"[0-9a-f]+-1\""));
  EXPECT_EQ(first, again);
  EXPECT_NE(first, changed);
}

TEST_F(DirectoryStoreTest, NamesAreSortedAsTheKeysBelowThem) {
  directory_.write("d/a/x", "");
  directory_.write("d/a.txt", "");
  directory_.write("d/a0", "");
  directory_.write("d/\xc3\xa4", "");
  directory_.write("d/Z", "");

  EXPECT_THAT(store_.names_in("d/").value(), ElementsAre("Z", "a.txt", "a/", "a0", "\xc3\xa4"));
}

TEST_F(DirectoryStoreTest, ADirectoryOutsideOrMissingHasNoNames) {
  outside_.write("secret", "no");
  directory_.link("link", outside_.path());

  EXPECT_THAT(store_.names_in("link/").value(), IsEmpty());
  EXPECT_THAT(store_.names_in("../").value(), IsEmpty());
  EXPECT_THAT(store_.names_in("missing/").value(), IsEmpty());
}

TEST_F(DirectoryStoreTest, OnlyADirectoryCanBeServed) {
  directory_.write("file", "");

  for (const std::string& path : {directory_.path() + "/file", directory_.path() + "/missing"}) {
    const auto store = DirectoryStore::open(path);

    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, core::ErrorCode::kSystem);
    EXPECT_THAT(store.error().detail, ::testing::HasSubstr(path));
  }
}

}  // namespace
}  // namespace yatagarasu::devs3
