"""Fixtures: the stores, the origin and the proxy under test. See README.md."""

from collections.abc import Callable, Iterator

import pytest

from support import places
from support import store as stores
from support.configuration import (
    CACHE,
    NO_CACHE,
    Block,
    cached_document,
    document,
    origin_bucket,
    store_bucket,
)
from support.origin import Origin
from support.protocols import PROTOCOLS, Protocol
from support.proxy import Proxy
from support.store import Store
from support.tls import Identity
from support.toxiproxy import Toxiproxy
from support.transport import Transport

Serve = Callable[..., Proxy]


@pytest.fixture(scope="session", autouse=True)
def binary_exists() -> None:
    """One clear message instead of a failure per test."""
    if not places.binary().exists():
        pytest.exit(f"{places.binary()} is missing: build it or set YATAGARASU_BINARY", 2)


@pytest.fixture(autouse=True)
def release_build(request) -> None:
    """Leaves out what would measure the sanitizer."""
    if request.node.get_closest_marker("release") and places.binary_is_sanitized():
        pytest.skip("means the release build: the binary has sanitizers")


@pytest.fixture(scope="session")
def running_stores(tmp_path_factory) -> Iterator[Callable[[str], Store]]:
    """Starts each store once a session, when first asked for."""
    started: dict[str, Store] = {}

    def get(name: str) -> Store:
        if name not in started:
            started[name] = stores.start(name, tmp_path_factory.mktemp(name))
        return started[name]

    yield get
    for one in started.values():
        one.end()


@pytest.fixture(scope="session", params=stores.names())
def store(request, running_stores) -> Store:
    """Each real S3 server in turn."""
    return running_stores(request.param)


@pytest.fixture(scope="session")
def one_store(running_stores) -> Store:
    """One real S3 server, for what does not depend on which."""
    return running_stores(stores.names()[0])


@pytest.fixture(scope="module")
def bucket(store: Store) -> str:
    """A bucket on the store, shared by the tests of a file."""
    return store.make_bucket()


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--protocol",
        action="append",
        choices=[*PROTOCOLS, "all"],
        help="what clients speak; may be given more than once (h1)",
    )


def chosen_protocols(config) -> list[str]:
    chosen = config.getoption("--protocol") or ["h1"]
    return list(PROTOCOLS) if "all" in chosen else chosen


def pytest_generate_tests(metafunc) -> None:
    """What starts a proxy runs with each protocol, unless it is about one of them."""
    if "protocol" not in metafunc.fixturenames or chosen_protocols(metafunc.config) == ["h1"]:
        return
    names = chosen_protocols(metafunc.config)
    metafunc.parametrize("protocol", names, indirect=True, scope="session")


def pytest_collection_modifyitems(config, items) -> None:
    def is_chosen(item) -> bool:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        protocol = params.get("protocol", "h1")
        is_bound = item.get_closest_marker("http1") is not None
        return protocol in chosen_protocols(config) and (protocol == "h1" or not is_bound)

    left_out = [item for item in items if not is_chosen(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if is_chosen(item)]


@pytest.fixture(scope="session")
def shared_identity(tmp_path_factory) -> Identity:
    """A proxy's certificate for tests that are not about it."""
    return Identity(tmp_path_factory.mktemp("tls"), "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def protocol(request, shared_identity) -> Protocol:
    """What the proxies' clients speak."""
    http2, tls = PROTOCOLS[getattr(request, "param", "h1")]
    return Protocol(http2, shared_identity if tls else None)


class Launcher:
    """Starts proxies; checks at its end how every one of them ended."""

    def __init__(self, make_folder: Callable, protocol: Protocol):
        self._make_folder = make_folder
        self._protocol = protocol
        self._proxies: list[Proxy] = []

    def __call__(self, configuration: Block, **options) -> Proxy:
        proxy = Proxy(self._make_folder(), configuration, protocol=self._protocol, **options)
        self._proxies.append(proxy)
        return proxy

    def end(self) -> None:
        failures = []
        for proxy in self._proxies:
            try:
                proxy.stop()
            except AssertionError as failure:
                failures.append(failure)
            finally:
                proxy.process.kill()
        if failures:
            raise failures[0]


@pytest.fixture
def serve(tmp_path_factory, protocol) -> Iterator[Serve]:
    """serve(configuration) runs a proxy until the end of the test, which must end in exit 0."""
    launcher = Launcher(lambda: tmp_path_factory.mktemp("proxy"), protocol)
    yield launcher
    launcher.end()


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory, protocol) -> Iterator[Serve]:
    """The same for a proxy that all tests of a file share."""
    launcher = Launcher(lambda: tmp_path_factory.mktemp("proxy"), protocol)
    yield launcher
    launcher.end()


@pytest.fixture(scope="module", params=[NO_CACHE, CACHE], ids=["uncached", "cached"])
def files(request, serve_module: Serve, store: Store, bucket: str) -> Proxy:
    """A proxy with `bucket` under /files; clients see no difference between the two."""
    return serve_module(document(store_bucket(store, bucket), cache=request.param))


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A scripted origin."""
    made = Origin()
    yield made
    made.end()


@pytest.fixture
def scripted(serve: Serve, origin: Origin) -> Proxy:
    """A proxy with the scripted origin under /files and short timeouts."""
    timeouts = {"connect": "2s", "first_byte": "600ms", "stall": "600ms"}
    return serve(document(origin_bucket(origin, s3={"timeouts": timeouts})))


@pytest.fixture
def cached(serve: Serve, origin: Origin) -> Proxy:
    """A proxy with a cache and the scripted origin under /files."""
    return serve(cached_document(origin))


@pytest.fixture(params=["plain", "tls"])
def transport(request, shared_identity) -> Transport:
    """Clear text and TLS in turn."""
    return Transport(shared_identity if request.param == "tls" else None)


@pytest.fixture(scope="session")
def toxiproxy() -> Iterator[Toxiproxy]:
    made = Toxiproxy()
    yield made
    made.end()
