// Keeps a WebSocket open: when it ends it is made anew, later each time, but at once when the network is back.
const firstWait = 500; // milliseconds
const longestWait = 30_000;

export class Connection {
  #url;
  #hear;
  #tell;
  #socket = null;
  #failures = 0; // since a message was heard: a server that opens only to close is one that fails
  #timer = null;
  #closed = new AbortController();

  // `hear` gets each message; `tell` the state: connecting, open, or waiting with the milliseconds until the next attempt
  // and the reason that the server gave.
  constructor(url, { hear, tell }) {
    this.#url = url;
    this.#hear = hear;
    this.#tell = tell;
    addEventListener("online", () => this.hurry(), { signal: this.#closed.signal });
    this.#open();
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text) {
    this.#socket.send(text);
  }

  // Ends the waiting, if it waits.
  hurry() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  close() {
    this.#closed.abort();
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #open() {
    this.#timer = null;
    this.#tell("connecting");
    this.#socket = new WebSocket(this.#url, "chat");
    const { signal } = this.#closed;
    this.#socket.addEventListener("open", () => this.#tell("open"), { signal });
    this.#socket.addEventListener("message", ({ data }) => {
      this.#failures = 0;
      this.#hear(data);
    }, { signal });
    this.#socket.addEventListener("close", ({ reason }) => this.#wait(reason), { signal });
  }

  // Of the time one half is by chance, so that a server's guests do not all come back in one moment.
  #wait(reason) {
    const time = Math.min(longestWait, firstWait * 2 ** this.#failures++) * (1 + Math.random()) / 2;
    this.#timer = setTimeout(() => this.#open(), time);
    this.#tell("waiting", time, reason);
  }
}
