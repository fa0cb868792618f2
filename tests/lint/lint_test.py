"""The checkers of tools/ find what they are there to find, and nothing in good code."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"

GOOD = {
    "tools/layers.txt": "# A comment.\ncore:\nhttp: core\nio: core\nconfig: core http\napp: *\n",
    "src/core/CMakeLists.txt": "add_part(core\n  SOURCES ascii.cc)\n",
    "src/core/ascii.h": "#pragma once\n\n#include <string>\n",
    "src/http/CMakeLists.txt": "add_part(http\n  SOURCES fields.cc\n  USES core\n  LINKS fmt::fmt)\n",
    "src/http/fields.h": '#include "core/ascii.h"\n#include "core/version.h"\n#include <boost/unordered_map.hpp>\n',
    "src/http/options.h": "#pragma once\n",
    "src/http/codec/session.h": '#include "http/fields.h"\n#include <nghttp2/nghttp2.h>\n',
    "src/io/CMakeLists.txt": "add_part(io SOURCES loop.cc USES core)\n",
    "src/io/loop.h": '#include "core/ascii.h"\n#include <boost/asio/io_context.hpp>\n',
    "src/io/tls_stream.cc": "#include <openssl/ssl.h>\n#include <boost/asio/ssl/context.hpp>\n",
    "src/config/CMakeLists.txt": "add_part(config SOURCES load.cc USES core http LINKS yaml-cpp)\n",
    "src/config/load.cc": '#include "core/ascii.h"\n#include "http/options.h"\n#include <yaml-cpp/yaml.h>\n',
    "src/app/CMakeLists.txt": "add_part(app SOURCES app.cc USES core io config)\n",
    "src/app/app.cc": '#include "config/load.h"\n#include "io/loop.h"\n',
    "src/main.cc": '#include "app/app.h"\n',
}


def run(checker, changes=None):
    """What the checker prints about the good tree with some files replaced, added or (None) removed."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in (GOOD | (changes or {})).items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_text(text)
        done = subprocess.run([sys.executable, TOOLS / checker, root], capture_output=True, text=True)
        assert done.stderr == "" and (done.returncode == 1) == (done.stdout != ""), done
        return done.stdout


class Layers(unittest.TestCase):
    def test_a_good_tree_has_no_problem(self):
        self.assertEqual(run("check_layers.py"), "")

    def test_each_bad_tree_is_named(self):
        table = GOOD["tools/layers.txt"]
        cases = [
            ({"src/core/ascii.h": '#include "http/fields.h"\n'}, "src/core/ascii.h:1: 'core' may not include 'http'"),
            ({"src/http/options.h": '\n#include "io/loop.h"\n'}, "src/http/options.h:2: 'http' may not include 'io'"),
            ({"src/http/options.h": '#include "fields.h"\n'}, "must be named from src/"),
            ({"src/http/options.h": '#include "core/internal/table.h"\n'}, "core/internal/table.h is private to 'core'"),
            ({"src/http/options.h": "#  include <boost/asio/post.hpp>\n"}, "'http' is below io and must not include Asio"),
            ({"src/http/options.h": "#include <nghttp2/nghttp2.h>\n"}, "<nghttp2/nghttp2.h> may be included only under http/codec/"),
            ({"src/http/options.h": "#include <openssl/evp.h>\n"}, "only under crypto/ and io/tls"),
            ({"src/io/loop.h": '#include "core/ascii.h"\n#include <boost/asio/ssl/context.hpp>\n'}, "only under io/tls"),
            ({"src/app/app.cc": '#include "config/load.h"\n#include "io/loop.h"\n#include <yaml-cpp/yaml.h>\n'}, "only under config/"),
            ({"src/config/load.h": '#include "http/machine.h"\n', "src/http/machine.h": '#include "io/loop.h"\n'},
             "src/config/load.h:1: http/machine.h brings in Asio"),
            ({"src/config/CMakeLists.txt": "add_part(config SOURCES load.cc USES core)\n"}, "USES lacks 'http'"),
            ({"src/core/CMakeLists.txt": "add_part(core SOURCES ascii.cc USES http)\n"}, "USES names 'http'"),
            ({"src/app/CMakeLists.txt": "add_part(app SOURCES app.cc USES config)\n"}, "USES lacks 'io'"),
            ({"src/app/CMakeLists.txt": None}, "there is no add_part(app"),
            ({"src/http/fields.h": "#pragma once\n"}, "'http' names 'core' and includes nothing of it"),
            ({"src/cache/key.h": "#pragma once\n"}, "src/cache: tools/layers.txt has no line for it"),
            ({"tools/layers.txt": table + "cache: core\n"}, "'cache' has a line and no folder"),
            ({"tools/layers.txt": table.replace("core:\n", "core: io\n")}, "tools/layers.txt:2: 'core' names 'io', which has no line above"),
        ]
        for changes, expected in cases:
            with self.subTest(expected):
                self.assertIn(expected, run("check_layers.py", changes))


class CoAwait(unittest.TestCase):
    def found(self, code):
        return run("check_coawait.py", {"src/io/sample.cc": code})

    def test_good_coroutines_have_no_problem(self):
        for code in (
            "auto got = co_await stream.read(std::move(buffer));",
            "if (!co_await stream.write(head)) { return; }",
            "while (co_await next()) { use(); }",
            "co_await write(std::exchange(head, {}), piece);",
            "const std::array both{co_await first(), co_await second()};",
            "co_await (std::move(operation) || timer.async_wait(asio::use_awaitable));",
            "// co_await get(Request{.key = key});\nauto text = \"co_await f(A{1})\";",
            "spawn([](Loop& loop) -> Task<void> { co_await loop.run(); }, loop);",
            "auto sum = [&](int a) -> int { return a + b; };",
            "[[nodiscard]] io::Task<void> join();",
        ):
            with self.subTest(code):
                self.assertEqual(self.found(code), "")

    def test_each_bad_coroutine_is_named(self):
        cases = [
            ("\nco_await client.get(GetRequest{.key = key});", "src/io/sample.cc:2: a braced temporary"),
            ("auto got =\n    co_await client.get(\n        {.key = key});", "src/io/sample.cc:2: a braced temporary"),
            ("co_await each(list, [](int) { return 1; });", "a braced temporary or a lambda"),
            ("tasks.spawn([key]() -> Task<void> { co_await use(key); }());", "a lambda coroutine with captures"),
            ("tasks.spawn([&](std::function<void()> f) mutable -> io::Task<int> { co_return 1; });", "with captures"),
            ("asio::co_spawn(executor, refresh(), asio::detached);", "a detached coroutine has no owner"),
        ]
        for code, expected in cases:
            with self.subTest(code):
                self.assertIn(expected, self.found(code))


if __name__ == "__main__":
    unittest.main()
