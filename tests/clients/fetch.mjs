// Node's fetch against a running server. Usage: node fetch.mjs BASE-URL
import assert from "node:assert/strict";

const base = process.argv[2];
const text = async (path, options) => {
  const answer = await fetch(base + path, options);
  return [answer.status, await answer.text(), answer.headers];
};

const [status, body, headers] = await text("/page.txt");
assert.equal(status, 200);
assert.equal(body, "plain text\n", "the compressed form is decoded");
assert.equal(headers.get("content-encoding"), "gzip");
assert.equal(headers.get("vary"), "Accept-Encoding");

const tag = headers.get("etag");
assert.equal((await text("/page.txt", { headers: { "if-none-match": tag }, cache: "no-store" }))[0], 304);
assert.deepEqual((await text("/plain.bin", { headers: { range: "bytes=2-4" } })).slice(0, 2), [206, "234"]);
assert.equal((await text("/page.txt", { method: "HEAD" }))[1], "");
assert.equal((await text("/none"))[0], 404);
assert.equal((await text("/docs"))[0], 200, "follows the redirect to the slash");

const large = "x".repeat(900_000);
assert.equal((await text("/echo", { method: "POST", body: large }))[1].includes(large), true);
const stream = new ReadableStream({
  start(controller) {
    for (let i = 0; i < 100; ++i) controller.enqueue(new TextEncoder().encode(`piece ${i}\n`));
    controller.close();
  },
});
const echoed = await text("/echo", { method: "POST", body: stream, duplex: "half" });
assert.equal(echoed[0], 200);
assert.match(echoed[1], /piece 99\n/);

const all = await Promise.all(Array.from({ length: 200 }, () => text("/plain.bin")));
assert.equal(all.every(([code, bytes]) => code === 200 && bytes === "0123456789"), true);
console.log("ok");
