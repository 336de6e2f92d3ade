// What a member of a site sees. Usage: node chromium_sessions.mjs BASE-URL KIRSCH YAML
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";

import { Browser } from "./browser.mjs";
import { operator } from "./operator.mjs";

const [base, kirsch, yaml] = process.argv.slice(2);
const browser = await Browser.start("Page", "Network");
const deadline = setTimeout(() => browser.kill(), 120_000);
const visit = (path) => browser.loads(() => browser.command("Page.navigate", { url: base + path }));
const submits = () => browser.loads(() => browser.evaluate("document.querySelector('button').click()"));
const shown = () => browser.evaluate("location.pathname + ' ' + document.body.innerText.trim()");
const cookies = async () => (await browser.command("Network.getCookies", { urls: [base] })).cookies;

try {
  await visit("/members/?page=1");
  assert.equal(await browser.evaluate("location.href"), `${base}/login?next=/members/%3Fpage%3D1`);
  const [stranger] = await cookies();
  await browser.evaluate("document.querySelector('[name=user]').value = 'ada'");
  await submits();
  assert.equal(await browser.evaluate("location.href"), `${base}/members/?page=1`, "a login leads back");
  assert.equal(await shown(), "/members/ ada 1");
  const [member, ...others] = await cookies();
  assert.deepEqual(others, []);
  assert.notEqual(member.value, stranger.value, "a login gives another id");
  assert.deepEqual([member.name, member.httpOnly, member.sameSite, member.session], ["sid", true, "Lax", true]);
  assert.equal(await browser.evaluate("document.cookie"), "");

  await visit("/members/");
  assert.equal(await shown(), "/members/ ada 2");
  appendFileSync(yaml, "  /more: { handler: { respond: {} } }\n");
  operator(kirsch, yaml, "reload");
  await visit("/members/");
  assert.equal(await shown(), "/members/ ada 3", "a reload ends no session");
  operator(kirsch, yaml, "restart");
  await visit("/members/");
  assert.equal(await shown(), "/members/ ada 4", "nor does a restart");

  const forged = await browser.evaluate(`fetch("/logout", { method: "POST" }).then((answer) => answer.status)`);
  assert.equal(forged, 403, "without its token no form counts");
  await visit("/logout");
  await submits();
  assert.equal(await browser.evaluate("location.pathname"), "/login");
  assert.ok((await cookies()).every(({ value }) => value !== member.value), "a logout takes the cookie back");

  for (const { name, value } of [member, stranger]) {
    await browser.command("Network.setCookie", { name, value, url: base, httpOnly: true });
    await visit("/members/");
    assert.equal(await browser.evaluate("location.pathname"), "/login", "and it is of no use to whoever kept it");
  }
  console.log("ok");
} finally {
  clearTimeout(deadline);
  await browser.close();
}
