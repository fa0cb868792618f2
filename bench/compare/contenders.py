"""The proxy, its peers, and the floors: how each is configured and started."""
import base64
import hashlib
import hmac
import os
import pathlib
import shutil
import subprocess
import tempfile

from measure import Contender

HERE = pathlib.Path(__file__).resolve().parent
# Everything written goes here.
WORK = pathlib.Path(os.environ.get("BENCH_DIR", pathlib.Path(tempfile.gettempdir()) / "yatagarasu-bench"))
ORIGIN_PORT = 9900

JWT_SECRET = "bench-secret-bench-secret-bench-secret"

# Objects in the origin's bucket: name -> bytes.
OBJECTS = {"1k.txt": 1 << 10, "64k.bin": 64 << 10, "1m.bin": 1 << 20, "100m.bin": 100 << 20}


def config(source, target=None):
    """A file of configs/ with its placeholders filled in."""
    text = (HERE / "configs" / source).read_text().replace("@WORK@", str(WORK)).replace("@JWT_SECRET@", JWT_SECRET)
    path = WORK / (target or source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def compiled(name, *libraries):
    binary = WORK / name
    subprocess.run(["clang++-19", "-std=c++20", "-O2", "-o", binary, HERE / f"{name}.cc", *libraries], check=True)
    return str(binary)


def certificate():
    """One for all that speak TLS: a P-256 key, as is usual now."""
    if not (WORK / "tls.crt").exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", WORK / "tls.key", "-out", WORK / "tls.crt", "-days", "3650", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)


def prepare():
    bucket = WORK / "www" / "bucket"
    bucket.mkdir(parents=True, exist_ok=True)
    for name, size in OBJECTS.items():
        path = bucket / name
        if not path.exists() or path.stat().st_size != size:
            block = os.urandom(min(size, 1 << 20))
            path.write_bytes(block * (size // len(block)))
    certificate()
    (WORK / "proxy-access.log").unlink(missing_ok=True)


def token():
    """One that the proxy's bucket /jwt lets in."""

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(b'{"sub":"bench","role":"admin"}')
    return (signed + b"." + encode(hmac.new(JWT_SECRET.encode(), signed, hashlib.sha256).digest())).decode()


def logged_requests():
    """Whether the proxy's log, which no other contender keeps, has lines of requests."""
    with (WORK / "proxy-access.log").open() as log:
        return any('"message":"request"' in line for line in log)


def origin():
    """Stands for S3 in every case: nginx, serving files as fast as nginx can."""
    return Contender("origin", ["nginx", "-e", "stderr", "-c", config("origin.conf")], ORIGIN_PORT)


def traffic_server():
    """In a root of its own, so that the machine's /etc/trafficserver stays as it is."""
    root = WORK / "trafficserver"
    for folder in ("cache", "log", "run", "var"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in ("records.config", "remap.config", "storage.config", "s3.conf"):
        config(f"trafficserver/{name}", f"trafficserver/etc/{name}")
    config("trafficserver/runroot.yaml")
    shutil.copy("/etc/trafficserver/ip_allow.yaml", root / "etc")
    subprocess.run(["chmod", "-R", "a+rwX", root], check=True)  # It may change to a user of its own.
    return Contender("trafficserver", ["traffic_server"], 9904, {"TS_RUNROOT": str(root)})


def known(binary):
    """Every contender that can run here: name -> what makes it."""

    def varnish():
        return Contender("varnish", [
            "varnishd", "-F", "-n", str(WORK / "varnish"), "-a", "127.0.0.1:9903", "-f", config("varnish.vcl"),
            "-s", "malloc,256m", "-p", "thread_pools=1", "-j", "none"], 9903)

    def floor(name, port, size):
        return Contender(name, [compiled("floor"), str(port), str(size)], port)

    def floor_proxy(name, port, how):
        return Contender(name, [compiled("floor_proxy"), str(port), str(ORIGIN_PORT), how], port)

    def proxy_tls():
        return Contender("proxy-tls", [binary, "serve", "-c", config("yatagarasu-tls.yaml")], 9926, scheme="https")

    def nginx_tls():
        return Contender("nginx-tls", ["nginx", "-e", "stderr", "-c", config("nginx-tls.conf")], 9921, scheme="https")

    def proxy_without_log():
        path = pathlib.Path(config("yatagarasu.yaml", "no-log.yaml"))
        path.write_text(path.read_text().replace("access_log: true", "access_log: false"))
        return Contender("proxy-no-log", [binary, "serve", "-c", str(path)], 9906)

    makers = {
        "proxy": (binary, lambda: Contender("proxy", [binary, "serve", "-c", config("yatagarasu.yaml")], 9906)),
        "proxy-no-log": (binary, proxy_without_log),
        "floor": ("sh", lambda: floor("floor", 9905, 64)),
        "floor-1k": ("sh", lambda: floor("floor-1k", 9910, 1 << 10)),
        "floor-64k": ("sh", lambda: floor("floor-64k", 9911, 64 << 10)),
        "copy-floor": ("sh", lambda: floor_proxy("copy-floor", 9908, "copy")),
        "splice-floor": ("sh", lambda: floor_proxy("splice-floor", 9909, "splice")),
        "nginx": ("nginx", lambda: Contender("nginx", ["nginx", "-e", "stderr", "-c", config("nginx.conf")], 9901, http2_port=9912)),
        "nghttpd": ("nghttpd", lambda: Contender("nghttpd", ["nghttpd", "--no-tls", "-d", WORK / "www/bucket", "9907"], 9907, http1=False)),
        "proxy-tls": (binary, proxy_tls),
        "nginx-tls": ("nginx", nginx_tls),
        "haproxy": ("haproxy", lambda: Contender("haproxy", ["haproxy", "-db", "-f", config("haproxy.cfg")], 9902)),
        "varnish": ("varnishd", varnish),
        "trafficserver": ("traffic_server", traffic_server),
    }
    return {name: make for name, (program, make) in makers.items() if shutil.which(program)}
