vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "9900"; }
sub vcl_recv {
  if (req.url ~ "^/miss/") {
    set req.url = regsub(req.url, "^/miss", "/bucket");
    return (pass);
  }
  set req.url = regsub(req.url, "^/hit", "/bucket");
  return (hash);
}
sub vcl_backend_response { set beresp.ttl = 1h; }
