"""A new configuration for a proxy that runs."""

import json
import signal
from typing import Any

from support.configuration import Block
from support.proxy import LogLine, Proxy


def post_reload(proxy: Proxy) -> tuple[int, dict[str, Any]]:
    answer = proxy.admin("POST", "/admin/reload")
    return answer.status, json.loads(answer.body)


def reload(proxy: Proxy, configuration: Block) -> dict[str, Any]:
    """What the admin listener says of a reload that must succeed."""
    proxy.write(configuration)
    status, body = post_reload(proxy)
    assert status == 200, body
    return body


def by_admin(proxy: Proxy, configuration: Block, refused: bool = False) -> str:
    """Reloads by the admin listener; what was wrong with it."""
    proxy.write(configuration)
    status, body = post_reload(proxy)
    assert status == (422 if refused else 200), body
    return "; ".join(body.get("problems", []))


def by_sighup(proxy: Proxy, configuration: Block, refused: bool = False) -> str:
    """The same by the signal."""
    proxy.write(configuration)
    before = len(_ends(proxy))
    proxy.signal(signal.SIGHUP)
    proxy.wait_for_line(lambda _: len(_ends(proxy)) > before, "the end of a reload")
    last = _ends(proxy)[-1]
    assert (last["level"] == "error") == refused, last
    return last.get("reason", "")


def _ends(proxy: Proxy) -> list[LogLine]:
    told = ("configuration reloaded", "the configuration was not reloaded")
    return [line for line in proxy.log() if line.get("message") in told]
