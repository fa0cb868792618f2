"""A network of its own behind a pair of virtual cables: links that lose, and small frames. Needs root."""

import contextlib
import ctypes
import itertools
import os
import pathlib
import subprocess
from collections.abc import Iterator

_numbers = itertools.count()
_CLONE_NEWNET = 0x40000000


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True, timeout=20)


class Network:
    """The proxy's side is here, the origin's is in the namespace."""

    def __init__(self, number: int):
        self.name = f"ygt{os.getpid()}-{number}"
        self._cable = f"ygt{os.getpid() % 100000}{number}"
        block = f"10.{100 + number % 100}.{os.getpid() % 250}"
        self.here, self.there = f"{block}.1", f"{block}.2"
        ip("netns", "add", self.name)
        ip("link", "add", self._cable, "type", "veth", "peer", "name", "far", "netns", self.name)
        ip("address", "add", f"{self.here}/24", "dev", self._cable)
        ip("-n", self.name, "address", "add", f"{self.there}/24", "dev", "far")
        ip("link", "set", self._cable, "up")
        ip("-n", self.name, "link", "set", "far", "up")

    def set_mtu(self, size: int) -> None:
        ip("link", "set", self._cable, "mtu", str(size))
        ip("-n", self.name, "link", "set", "far", "mtu", str(size))

    def lose_everything(self) -> None:
        """What the origin sends is lost; nobody is told."""
        ip("-n", self.name, "route", "add", "blackhole", f"{self.here}/32")

    def heal(self) -> None:
        ip("-n", self.name, "route", "delete", "blackhole", f"{self.here}/32")

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile are the origin's."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        away = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(away)
            yield
        finally:
            _enter(home)
            os.close(home)
            os.close(away)

    def end(self) -> None:
        ip("netns", "delete", self.name, check=False)
        ip("link", "delete", self._cable, check=False)


def why_not() -> str | None:
    """Why there can be no such network here; None when there can."""
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    try:
        network = Network(next(_numbers))
    except (subprocess.CalledProcessError, FileNotFoundError) as failure:
        return f"no network namespaces here: {failure}"
    network.end()
    return None


def make() -> Network:
    return Network(next(_numbers))


def why_no_hosts() -> str | None:
    """What keeps with_hosts() from working here: no root, or a root that is no mount."""
    tried = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True, timeout=20)
    return f"no mounts of its own: {tried.stderr.decode().strip()}" if tried.returncode else None


def with_hosts(file: pathlib.Path) -> list[str]:
    """What to put in front of a command for whom `file` is /etc/hosts."""
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(file)]
