// Sends all requests that standard input lists, at once over one session of HTTP/2 as Node speaks it,
// and prints what came back.
//
//   node http2.mjs ORIGIN [CA_FILE] <requests.json
//
// In: [{"path", "method", "headers"}, ...]. Out: {"protocol", "answers": [{"status", "headers",
// "bytes", "sha256"}, ...]}; an answer that was cut has "error" besides.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http2 from "node:http2";

const [origin, caFile] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(0, "utf8"));

function ask(session, { path, method = "GET", headers = {} }) {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": path, ":method": method, ...headers });
    const hash = createHash("sha256");
    const answer = { bytes: 0 };
    stream.on("response", ({ ":status": status, ...fields }) => {
      answer.status = status;
      answer.headers = fields;
    });
    stream.on("data", (piece) => {
      answer.bytes += piece.length;
      hash.update(piece);
    });
    stream.on("error", (error) => (answer.error = String(error)));
    stream.on("close", () => resolve({ ...answer, sha256: hash.digest("hex") }));
    stream.end();
  });
}

const session = http2.connect(origin, caFile ? { ca: readFileSync(caFile) } : {});
session.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
session.on("connect", async () => {
  const protocol = session.alpnProtocol;
  const answers = await Promise.all(requests.map((request) => ask(session, request)));
  session.close();
  console.log(JSON.stringify({ protocol, answers }));
});
