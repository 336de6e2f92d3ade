// The page of the module chat: what its messages mean is told in modules/chat/README.md.
import { Connection } from "./connection.js";

const entrance = document.getElementById("entrance");
const nameField = document.getElementById("name");
const roomField = document.getElementById("room");
const state = document.getElementById("state");
const stateText = document.getElementById("state-text");
const again = document.getElementById("again");
const title = document.getElementById("log-title");
const log = document.getElementById("log");
const presentTitle = document.getElementById("present-title");
const presentList = document.getElementById("present");
const speech = document.getElementById("speech");
const text = document.getElementById("text");
const say = document.getElementById("say");

const mostLines = 500;
const longestName = 64; // bytes, as the server has it

let connection = null;
let room = "";
let me = ""; // as the room calls the guest
let present = null; // names; null until this connection has told
let latest = 0; // number of what was heard last on this connection
let unanswered = ""; // the message that was sent last
const shown = new Set(); // what of this room stands in the log

// What the server takes as a name: no control characters, not too long.
function fitting(wished) {
  const characters = [...wished.replace(/\p{Cc}/gu, " ").trim()];
  while (new TextEncoder().encode(characters.join("")).length > longestName) characters.pop();
  return characters.join("");
}

// Whatever guests have written becomes text, never HTML; <bdi> keeps their scripts' direction to themselves.
function element(kind, className, ...content) {
  const made = Object.assign(document.createElement(kind), { className });
  made.append(...content);
  return made;
}

// Scrolls along, unless the reader has scrolled up.
function write(...lines) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...lines);
  while (log.childElementCount > mostLines) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function notice(...content) {
  write(element("p", "notice", ...content));
}

const keyOf = (said) => JSON.stringify([said.number, said.name, said.text]);

function lineOf(said) {
  const words = element("span", "text", said.text);
  words.dir = "auto";
  return element("p", said.name === me ? "said mine" : "said", element("bdi", "name", said.name), " ", words);
}

function showSaid(list) {
  const fresh = list.filter((said) => !shown.has(keyOf(said)));
  for (const said of list) {
    latest = Math.max(latest, said.number);
    shown.add(keyOf(said));
  }
  write(...fresh.map(lineOf));
}

function showPresent(names) {
  for (const name of names) if (present && !present.includes(name)) notice(element("bdi", "", name), " has come");
  for (const name of present ?? []) if (!names.includes(name)) notice(element("bdi", "", name), " has left");
  present = names;
  presentTitle.textContent = `Here now: ${names.length}`;
  presentList.replaceChildren(...names.map((name) =>
    element("li", name === me ? "mine" : "", element("bdi", "", name), name === me ? " (you)" : "")));
}

const meanings = {
  welcome({ name }) {
    me = name;
    latest = 0;
    present = null;
    stateText.replaceChildren("In the room ", element("bdi", "", room), " as ", element("bdi", "", me));
  },
  history: ({ said }) => showSaid(said),
  present: ({ names }) => showPresent(names),
  said(said) {
    if (said.number <= latest) return; // stood in the history
    // Numbers begin anew with the server's process: what is heard now is new, whatever has stood there.
    shown.delete(keyOf(said));
    showSaid([said]);
  },
  refused({ reason }) {
    notice(`Your last message was not taken: ${reason}`);
    text.value ||= unanswered;
  },
};

function tell(now, wait, reason) {
  state.dataset.state = now;
  say.disabled = now !== "open";
  again.hidden = now !== "waiting";
  if (now === "connecting") stateText.textContent = "Connecting …";
  if (now !== "waiting") return;
  const why = reason ? `The server has closed: ${reason}.` : "Not connected.";
  stateText.textContent = `${why} Trying again in ${Math.ceil(wait / 1000)} s`;
  presentTitle.textContent = "Here now";
  presentList.replaceChildren();
}

function enter() {
  const name = fitting(nameField.value);
  const wished = fitting(roomField.value);
  if (!name || !wished) return;
  connection?.close();
  if (wished !== room) {
    log.replaceChildren();
    shown.clear();
  }
  room = wished;
  title.replaceChildren("Room ", element("bdi", "", room));
  document.title = `${room} – Chat`;
  sessionStorage.setItem("name", name);
  history.replaceState(null, "", `?${new URLSearchParams({ room })}`);
  const url = new URL(`/chat/socket?${new URLSearchParams({ room, name })}`, location);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  connection = new Connection(url, { hear: (data) => hear(JSON.parse(data)), tell });
  text.focus();
}

function hear(message) {
  meanings[message.type]?.(message);
}

entrance.addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
again.addEventListener("click", () => {
  connection.hurry();
  text.focus();
});
speech.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!connection?.isOpen || !text.value.trim()) return;
  connection.send((unanswered = text.value));
  text.value = "";
  text.focus();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  speech.requestSubmit();
});

// What was typed before this script came stays.
nameField.value ||= sessionStorage.getItem("name") ?? "";
roomField.value ||= new URLSearchParams(location.search).get("room") ?? "lobby";
document.getElementById("enter").disabled = false;
if (nameField.value) enter();
else nameField.focus();
