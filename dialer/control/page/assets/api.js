// The control API, asked as whoever is logged in.

const KEPT = 'dialcamp.token';
const PATIENCE = 15_000; // ms that an answer may take

// Gone says that nobody answers.
export class Gone extends Error {}

// Refused is an answer that is none: status is HTTP's.
export class Refused extends Error {
  constructor(status, message, hint) {
    super(hint ? `${message} (${hint})` : message);
    this.status = status;
  }
}

// takeToken keeps the token of #token=… for this tab, and clears it from the
// address, where others might see it. It tells whether there was one.
export function takeToken() {
  const [, given] = /^#token=(.*)$/.exec(location.hash) ?? [];
  if (given === undefined) return false;
  setToken(given);
  history.replaceState(null, '', location.pathname);
  return true;
}

export function setToken(token) {
  if (token) sessionStorage.setItem(KEPT, token);
  else sessionStorage.removeItem(KEPT);
}

export const hasToken = () => sessionStorage.getItem(KEPT) !== null;

async function ask(method, path, signal) {
  const token = sessionStorage.getItem(KEPT);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  } catch (e) {
    throw new Gone(e.message);
  }
  if (answer.ok) return answer;
  let error = {};
  try {
    error = await answer.json();
  } catch {
    // It is not the daemon that answers, but something before it.
  }
  throw new Refused(answer.status, error.error ?? `HTTP ${answer.status}`, error.hint);
}

// read reads an answer whole; one that is broken off has failed.
async function read(method, path, how) {
  const answer = await ask(method, path, AbortSignal.timeout(PATIENCE));
  try {
    return await answer[how]();
  } catch (e) {
    throw new Gone(e.message);
  }
}

export const get = (path) => read('GET', path, 'json');
export const post = (path) => read('POST', path, 'json');
export const file = (path) => read('GET', path, 'blob');

// lines are those of JSON.
export async function lines(path) {
  const text = await read('GET', path, 'text');
  return text.split('\n').filter(Boolean).map((l) => JSON.parse(l));
}

// query writes parameters; those that are empty are left out.
export function query(parameters) {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(parameters)) if (v !== '' && v !== undefined && v !== null) q.set(k, v);
  return q.size ? `?${q}` : '';
}

export const campaignPath = (name, what) => `/v1/campaigns/${encodeURIComponent(name)}/${what}`;

// events calls seen with the type of each event until the stream ends.
export async function events(signal, opened, seen) {
  const answer = await ask('GET', '/v1/events', signal);
  opened();
  const parts = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await parts.read();
    if (done) return;
    const all = (rest + value).split('\n');
    rest = all.pop();
    for (const line of all) if (line.startsWith('event:')) seen(line.slice(6).trim());
  }
}
