vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "9900"; }
sub vcl_recv {
  set req.url = regsub(req.url, "^/miss", "/bucket");
  return (pass);
}
