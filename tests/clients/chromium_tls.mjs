// What a browser says of the connection. Usage: node chromium_tls.mjs HTTPS-URL HTTP-URL PIN
import assert from "node:assert/strict";

import { Browser } from "./browser.mjs";

const [secure, plain, pin] = process.argv.slice(2);
const trusting = [`--ignore-certificate-errors-spki-list=${pin}`];
const browser = await Browser.startWith(trusting, "Page", "Network", "Security");
const deadline = setTimeout(() => browser.kill(), 60_000);
const visit = (url) => browser.loads(() => browser.command("Page.navigate", { url }));

try {
  const first = await visit(`${secure}/`);
  assert.equal(await browser.evaluate("document.title"), "over TLS");
  assert.equal(await browser.evaluate("isSecureContext"), true);
  const { params } = await browser.sees(({ method, params }) =>
    method === "Network.responseReceived" && params.response.url === `${secure}/`, first);
  const { protocol, keyExchangeGroup, cipher } = params.response.securityDetails;
  assert.deepEqual([protocol, keyExchangeGroup], ["TLS 1.3", "X25519"]);
  assert.match(cipher, /^(AES_128_GCM|AES_256_GCM|CHACHA20_POLY1305)$/);
  assert.equal(params.response.protocol, "http/1.1");

  const answers = (code) => browser.evaluate(`(async () => { ${code} })()`);
  const echoed = await answers(`const answer = await fetch("/echo", { method: "POST", body: "x".repeat(500000) });
    return [answer.status, (await answer.text()).includes("x".repeat(500000))];`);
  assert.deepEqual(echoed, [200, true]);
  const many = await answers(`const ask = () => fetch("/hello.txt", { cache: "no-store" });
    return (await Promise.all(Array.from({ length: 100 }, ask))).every((answer) => answer.status === 200);`);
  assert.equal(many, true);

  await visit(`${plain}/hello.txt`);
  assert.equal(await browser.evaluate("location.href"), `${secure}/hello.txt`, "what comes without TLS is sent to it");
  console.log("ok");
} finally {
  clearTimeout(deadline);
  await browser.close();
}
