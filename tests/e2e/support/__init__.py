"""What the end-to-end tests stand on: the proxy under test, S3 servers, clients and origins."""
