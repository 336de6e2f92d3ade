// Guests of a chat, each in a window of its own. Usage: node chromium_chat.mjs WORK HTTP-URL HTTPS-URL PIN KIRSCH YAML
// WORK/node has playwright-core; the screenshots go to WORK/screenshots.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

import { operator } from "./operator.mjs";

const [work, plain, secure, pin, kirsch, yaml] = process.argv.slice(2);
const { chromium } = createRequire(join(work, "node/"))("playwright-core");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium", // that of Debian
  args: [`--ignore-certificate-errors-spki-list=${pin}`, "--disable-gpu", "--disable-quic"],
});

const complaints = []; // of all windows: policies, exceptions, failed loads
async function opens(url, options) {
  const page = await browser.newPage(options);
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return page;
}
async function enters(page, name, room) {
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Room", { exact: true }).fill(room);
  await page.getByRole("button", { name: "Enter" }).click();
  await page.getByRole("status").filter({ hasText: `In the room ${room} as ${name}` }).waitFor();
}
async function says(page, text) {
  await page.getByLabel("Message").fill(text);
  await page.keyboard.press("Enter");
}
const hears = (text, ...pages) => Promise.all(pages.map((page) => page.locator(".text").getByText(text).waitFor()));
const notices = (text, ...pages) => Promise.all(pages.map((page) => page.getByText(text, { exact: true }).waitFor()));
const texts = (page, selector) => page.locator(selector).allTextContents();
const lines = (page) => page.locator(".said").evaluateAll((said) =>
  said.map((line) => [line.querySelector(".name").textContent, line.querySelector(".text").textContent]));
async function shows(name, ...pages) {
  for (const page of pages) {
    const look = await page.evaluate(() =>
      `${innerWidth < 500 ? "narrow" : "wide"}_${matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"}`);
    await page.screenshot({ path: join(work, `screenshots/${name}_${look}.png`), fullPage: true });
  }
}
async function sees(present, ...pages) {
  for (const page of pages) {
    // The names, because as many may be others.
    await page.waitForFunction((names) => JSON.stringify(
      Array.from(document.querySelectorAll("#present bdi"), (name) => name.textContent)) === names, JSON.stringify(present));
    await page.getByRole("heading", { name: `Here now: ${present.length}` }).waitFor();
  }
}

try {
  const ann = await opens(`${plain}/`, { viewport: { width: 1200, height: 900 }, colorScheme: "light" });
  // The script of the page is late: what the guest types before it comes stays, and waits for it.
  let release;
  const typed = new Promise((resolve) => (release = resolve));
  await ann.route("**/chat.js", async (route) => (await typed, route.continue()));
  await ann.getByRole("link", { name: "/chat/" }).click({ noWaitAfter: true });
  await ann.getByLabel("Your name").fill("Ann");
  assert.ok(await ann.getByRole("button", { name: "Enter" }).isDisabled());
  release();
  await ann.locator("#enter:enabled").waitFor();
  assert.equal(await ann.getByLabel("Your name").inputValue(), "Ann");
  assert.equal(await ann.getByLabel("Room", { exact: true }).inputValue(), "lobby");
  await enters(ann, "Ann", "garden");
  await says(ann, "Is anybody here?");
  await hears("Is anybody here?", ann);
  const narrow = { viewport: { width: 360, height: 740 }, colorScheme: "dark" };
  const ben = await opens(`${plain}/chat/?room=garden`, narrow);
  await enters(ben, "Ben", "garden");
  await hears("Is anybody here?", ben);
  await sees(["Ann", "Ben"], ann, ben);
  await notices("Ben has come", ann);
  await ben.getByLabel("Message").fill("I am.");
  await ben.keyboard.press("Shift+Enter");
  await ben.keyboard.type("Who else?");
  await ben.keyboard.press("Enter");
  await hears("I am.", ann, ben);
  const talk = [["Ann", "Is anybody here?"], ["Ben", "I am.\nWho else?"]];
  assert.deepEqual(await lines(ann), talk);
  assert.deepEqual(await lines(ben), talk);

  await ann.reload();
  await notices("Ann has left", ben);
  await notices("Ann has come", ben);
  await sees(["Ann", "Ben"], ann, ben);
  assert.deepEqual(await lines(ann), talk, "what was said before is there");
  assert.equal(await ann.getByLabel("Your name").inputValue(), "Ann");

  const sockets = [];
  const cleo = await opens(`${secure}/chat/?room=garden`, { viewport: { width: 1200, height: 900 }, colorScheme: "dark" });
  cleo.on("websocket", (socket) => sockets.push(socket.url()));
  await enters(cleo, "Cleo", "garden");
  assert.deepEqual(sockets, [`${secure.replace("https:", "wss:")}/chat/socket?room=garden&name=Cleo`]);
  await notices("Cleo has come", ann, ben);
  await says(cleo, "All three of us.");
  await hears("All three of us.", ann, ben, cleo);
  await says(ann, "So we are.");
  await hears("So we are.", ann, ben, cleo);
  await shows("talk", ann, ben, cleo);

  const hostile = `<img src="/none" onerror="document.title = 'taken'"><script>document.title = 'taken'</script>`;
  await says(ben, hostile);
  await hears(hostile, ann, ben, cleo);
  await enters(cleo, "<b onclick=alert(1)>Cleo</b>", "garden");
  await notices("Cleo has left", ann, ben);
  await sees(["<b onclick=alert(1)>Cleo</b>", "Ann", "Ben"], ann, ben, cleo);
  const long = "endless".repeat(100);
  await says(ann, long);
  await hears(long, ann, ben, cleo);
  for (const page of [ann, ben, cleo]) {
    assert.equal(await page.locator("#log :is(img, script, b), #present b").count(), 0, "what guests write is text");
    assert.equal(await page.title(), "garden – Chat");
    const wide = await page.evaluate(() => [document.documentElement, document.getElementById("log")]
      .filter((part) => part.scrollWidth > part.clientWidth).length);
    assert.equal(wide, 0, "nothing is wider than the window");
  }
  await says(ann, "x".repeat(5000));
  await notices("Your last message was not taken: too long", ann);
  assert.equal(await ann.getByLabel("Message").inputValue(), "x".repeat(5000), "and can be made shorter");
  await says(ann, "Shorter.");
  await hears("Shorter.", ann, ben, cleo);

  await shows("hostile", ann, ben);

  await enters(cleo, "Cleo", "kitchen");
  assert.deepEqual(await lines(cleo), [], "another room is another talk");
  await sees(["Cleo"], cleo);
  await sees(["Ann", "Ben"], ann, ben);
  await enters(cleo, "Cleo", "garden");
  await cleo.getByLabel("Your name").fill("Ann");
  await cleo.getByRole("button", { name: "Enter" }).click();
  await sees(["Ann", "Ann 2", "Ben"], ann, ben, cleo);
  await cleo.close();

  // The server's process ends; the pages find the next one by themselves and keep what they have shown.
  await ann.evaluate(() => {
    window.states = [];
    const state = document.getElementById("state");
    new MutationObserver(() => window.states.push(state.dataset.state)).observe(state, { attributeFilter: ["data-state"] });
  });
  const before = await lines(ann);
  const again = [ann, ben].map((page) => page.waitForEvent("websocket"));
  operator(kirsch, yaml, "restart");
  await Promise.all(again);
  await sees(["Ann", "Ben"], ann, ben);
  await says(ben, "And on it goes.");
  await hears("And on it goes.", ann, ben);
  assert.deepEqual(await ann.evaluate(() => window.states), ["waiting", "connecting", "open"]);
  assert.deepEqual(await lines(ann), [...before, ["Ben", "And on it goes."]]);

  await ben.close();
  await sees(["Ann"], ann);
  assert.deepEqual(complaints, []);
  console.log("ok");
} finally {
  await browser.close();
}
