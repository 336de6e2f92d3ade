// A headless Chromium, spoken to over a pipe in the DevTools protocol: messages of JSON, each ended by a zero byte.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const flags = [
  "--headless",
  "--remote-debugging-pipe",
  "--no-sandbox", // it visits the server of this test alone, and tests run as root in containers
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Browser {
  #folder = mkdtempSync(join(tmpdir(), "kirsch-chromium-"));
  #process;
  #ended;
  #answers = new Map(); // number of a command → what waits for its answer
  #waiters = [];
  #number = 0;
  #session;
  said = ""; // what it wrote to standard error
  events = []; // all so far: { method, params }

  constructor(more) {
    this.#process = spawn("chromium", [...flags, ...more, `--user-data-dir=${this.#folder}`], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, HOME: this.#folder },
    });
    this.#ended = new Promise((resolve) => this.#process.once("close", resolve));
  }

  // A browser with one empty page. Rejects with what Chromium said if it does not start.
  static start(...domains) {
    return Browser.startWith([], ...domains);
  }

  // The same with more flags.
  static async startWith(more, ...domains) {
    const browser = new Browser(more);
    browser.#listen();
    const { targetId } = await browser.#command("Target.createTarget", { url: "about:blank" });
    browser.#session = (await browser.#command("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of domains) await browser.command(`${domain}.enable`);
    return browser;
  }

  command(method, params = {}) {
    return this.#command(method, params, this.#session);
  }

  // The value of an expression, or of its promise, in the page, as if a user had caused it.
  async evaluate(expression) {
    const how = { awaitPromise: true, returnByValue: true, userGesture: true };
    const answer = await this.command("Runtime.evaluate", { expression, ...how });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  // Runs `action` and waits until the page that it leads to is loaded; the number of events before.
  async loads(action) {
    const before = this.events.length;
    await action();
    await this.sees(({ method }) => method === "Page.loadEventFired", before);
    return before;
  }

  // The first event of those behind the first `before` for which `holds` is true, once it comes.
  sees(holds, before) {
    const found = this.events.slice(before).find(holds);
    return found ?? new Promise((resolve) => this.#waiters.push({ holds, resolve }));
  }

  async close() {
    await this.#command("Browser.close").catch(() => {});
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  kill() {
    this.#process.kill("SIGKILL");
  }

  #command(method, params = {}, sessionId = undefined) {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #listen() {
    let text = "";
    this.#process.stderr.setEncoding("utf8").on("data", (piece) => (this.said += piece));
    this.#process.stdio[3].on("error", () => {}); // it has ended: told below
    this.#process.stdio[4].setEncoding("utf8").on("data", (piece) => {
      const messages = (text + piece).split("\0");
      text = messages.pop();
      for (const message of messages) this.#take(JSON.parse(message));
    });
    this.#ended.then(() => {
      for (const { reject } of this.#answers.values()) reject(new Error(`chromium has ended:\n${this.said}`));
    });
    this.#process.once("error", (error) => {
      for (const { reject } of this.#answers.values()) reject(error);
    });
  }

  #take({ id, result, error, method, params }) {
    if (id !== undefined) {
      const { resolve, reject } = this.#answers.get(id);
      this.#answers.delete(id);
      return error ? reject(new Error(error.message)) : resolve(result);
    }
    const event = { method, params };
    this.events.push(event);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ holds }) => !holds(event));
    for (const { resolve } of waiting.filter((waiter) => !this.#waiters.includes(waiter))) resolve(event);
  }
}
