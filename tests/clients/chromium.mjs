// What a browser makes of the demo site. Usage: node chromium.mjs BASE-URL, of a server on config/quickstart.yaml
import assert from "node:assert/strict";

import { Browser } from "./browser.mjs";

const base = process.argv[2];
const browser = await Browser.start("Page", "Network", "Log", "Runtime", "Audits");
const deadline = setTimeout(() => browser.kill(), 60_000);

// The status of a path as the server sent it: what the cache makes of a 304 is not asked.
const status = async (path, before) => {
  const { params } = await browser.sees(
    ({ method, params }) => method === "Network.requestWillBeSent" && new URL(params.request.url).pathname === path, before);
  const answer = await browser.sees(
    ({ method, params: { requestId } }) => method === "Network.responseReceivedExtraInfo" && requestId === params.requestId,
    before);
  return answer.params.statusCode;
};
const visit = (path) => browser.loads(() => browser.command("Page.navigate", { url: base + path }));
// What the browser complains about: policies, exceptions, console, failed loads. Not the icon that it looks for beside a
// page that names none.
const complaints = () => everything_said().filter((text) => !text.includes("/favicon.ico: "));
const everything_said = () =>
  browser.events.flatMap(({ method, params }) => {
    if (method === "Log.entryAdded" && params.entry.level === "error") return [`${params.entry.url}: ${params.entry.text}`];
    if (method === "Runtime.exceptionThrown") return [params.exceptionDetails.text];
    if (method === "Runtime.consoleAPICalled" && params.type === "error") return [JSON.stringify(params.args)];
    if (method === "Audits.issueAdded") return [JSON.stringify(params.issue)];
    return [];
  });

try {
  const first = await visit("/");
  assert.equal(await status("/", first), 200);
  assert.equal(await status("/style.css", first), 200);
  assert.equal(await browser.evaluate("document.title"), "Kirsch is serving");
  assert.match(await browser.evaluate("document.body.innerText"), /An HTTP server with a small core/);
  assert.ok(await browser.evaluate("document.styleSheets[0].cssRules.length > 10"), "the style sheet is taken");
  assert.ok(await browser.evaluate("document.images[0].complete && document.images[0].naturalWidth > 0"));

  const again = await browser.loads(() => browser.command("Page.reload"));
  assert.equal(await status("/", again), 304, "a reload asks whether the page has changed");
  assert.equal(await browser.evaluate("document.title"), "Kirsch is serving", "and shows what it kept");

  const answers = (code) => browser.evaluate(`(async () => { ${code} })()`);
  const echoed = await answers(`const answer = await fetch("/echo?a=1", { method: "POST", body: "x".repeat(500000) });
    return [answer.status, (await answer.text()).includes("x".repeat(500000))];`);
  assert.deepEqual(echoed, [200, true]);
  const part = await answers(`const answer = await fetch("/style.css", { headers: { Range: "bytes=3-5" } });
    return [answer.status, answer.headers.get("Content-Range").split("/")[0], await answer.text()];`);
  assert.deepEqual(part, [206, "bytes 3-5", "The"]);
  const many = await answers(`const ask = () => fetch("/hello", { cache: "no-store" });
    return (await Promise.all(Array.from({ length: 100 }, ask))).every((answer) => answer.status === 200);`);
  assert.equal(many, true);

  await browser.loads(() => browser.evaluate(`document.querySelector('a[href="/old"]').click()`));
  assert.equal(await browser.evaluate("location.pathname + ' ' + document.body.innerText"), "/hello Hello from Kirsch.\n");
  assert.deepEqual(complaints(), []);

  assert.equal(await status("/nothing-here", await visit("/nothing-here")), 404);
  assert.match(await browser.evaluate("document.body.innerText"), /404/);
  const expected = `${base}/nothing-here: Failed to load resource: the server responded with a status of 404 (Not Found)`;
  assert.deepEqual(complaints(), [expected]);

  // And the policy is one: it stops what the site does not need.
  await visit("/");
  await browser.evaluate(`new Promise((resolve) => {
    document.addEventListener("securitypolicyviolation", resolve, { once: true });
    document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
  })`);
  assert.equal(await browser.evaluate("window.ran"), undefined);
  assert.match(complaints().at(-1), /ContentSecurityPolicyIssue|Content Security Policy/);
  console.log("ok");
} finally {
  clearTimeout(deadline);
  await browser.close();
}
