// The page: who is logged in, what is looked at, and looking again.
//
// What is shown is asked for every few seconds. Where the daemon streams its
// events, each is a reason to ask sooner, and the steady asking is slower.

import { $, fill, h, mindScrolling } from './dom.js';
import { clock, plural, zone } from './format.js';
import { Gone, Refused, campaignPath, events, get, hasToken, lines, query, setToken, takeToken } from './api.js';
import { linkTo, showCampaigns, stateBadge } from './campaigns.js';
import { queueOf, showAttempts, showDecisions, showHold, showLimits, showOutcomes, showRates, showTiles, showWaits } from './live.js';
import { forgetDay, showDay } from './day.js';
import { forgetReport, offerReports, startReports } from './reports.js';
import { troubles } from './troubles.js';
import { operate, showVerbs } from './verbs.js';

const EVERY = 2000; // ms between looks
const STREAMED = 10_000; // the same while events come
const SOONEST = 800; // after an event
const SLOW = 10_000; // when nobody looks
const SOME = 4000; // between looks at what the daemon has to count
const SPARE = 30; // times as long as that takes, at least, it is left alone
const SHOWN = 15; // attempts
const DECISIONS = 8;

const now = () => performance.now();

let access = null; // null: not logged in
let status = null; // the last seen
let reports = []; // campaigns' rows with their limits
let chosen = ''; // campaign
let view = 'live';
let goneSince = null; // Date: nobody answers since then
let failing = ''; // what the daemon said instead of a status
let streaming = false;
let of = fresh(); // what was found out about the chosen campaign
let due = {}; // when to look at what again

function fresh() {
  return { why: null, decisions: [], seq: 0, calls: [], window: 60, day: null };
}

const campaign = () => status?.campaigns.find((c) => c.name === chosen);
const may = (what) => access?.may.includes(what) ?? false;

// ---- looking

let timer = 0;
let looking = false;
let again = false;

// look asks for what is due, and shows it; one at a time.
async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  clearTimeout(timer);
  try {
    if (!access) await login();
    if (access) {
      await lookAtAll();
      goneSince = null;
    }
  } catch (e) {
    failed(e);
  }
  try {
    show();
  } finally {
    looking = false;
    next();
  }
}

function next() {
  const wait = again ? SOONEST : document.hidden ? SLOW : streaming && !goneSince ? STREAMED : EVERY;
  again = false;
  if (access || goneSince) timer = setTimeout(look, wait);
}

function failed(e) {
  if (e instanceof Refused && e.status === 401) return location.reload();
  if (e instanceof Refused) {
    failing = `The daemon answers, but fails: ${e.message}`;
    return undefined;
  }
  if (e instanceof Gone) {
    goneSince ??= new Date();
    streaming = false;
    failing = '';
    return undefined;
  }
  // Not as this page knows it: another daemon's, or a mistake here.
  failing = `What the daemon answers cannot be shown: ${e}`;
  console.error(e);
  return undefined;
}

// sometimes asks for what costs the daemon more, and not as often: old is what was
// found last.
async function sometimes(what, old, path) {
  if (now() < (due[what] ?? 0)) return old;
  const began = now();
  due[what] = Infinity;
  try {
    return await get(path);
  } finally {
    due[what] = now() + Math.max(SOME, SPARE * (now() - began));
  }
}

async function lookAtAll() {
  status = await get('/v1/status');
  status.queues ??= []; // a broadcast has none
  failing = '';
  if (!campaign()) choose(status.campaigns[0].name, view);
  reports = await sometimes('reports', reports, '/v1/report');
  if (view !== 'live') return;
  const asked = of;
  const name = chosen;
  const [why, decisions, calls, day] = await Promise.all([
    sometimes('why', of.why, campaignPath(name, 'why')),
    lines(`/v1/pacing/${encodeURIComponent(name)}${query(of.seq ? { seq: of.seq } : { last: DECISIONS })}`),
    lastCalls(name),
    sometimes('day', of.day, `/v1/report${query({ campaign: name, by: 'interval', interval: '15m', from: midnight() })}`),
  ]);
  if (asked !== of) return; // another was chosen meanwhile
  of.why = why;
  of.decisions = [...of.decisions, ...decisions].slice(-DECISIONS);
  of.seq = of.decisions.length ? of.decisions.at(-1).seq + 1 : 0;
  of.calls = calls.slice(-SHOWN);
  of.day = day;
}

// midnight began the daemon's day.
const midnight = () => `${status.time.slice(0, 10)}T00:00:00${status.time.slice(19).replace(/^\.\d+/, '')}`;

// lastCalls looks back as far as it takes to see enough calls, and not much
// further: how many that are in a minute differs by three powers of ten.
async function lastCalls(name) {
  for (;;) {
    const from = new Date(Date.parse(status.time) - of.window * 1000).toISOString();
    const calls = await lines(`/v1/calls${query({ campaign: name, from })}`);
    if (calls.length > 4 * SHOWN && of.window > 2) of.window /= 2;
    else if (calls.length < SHOWN && of.window < 86_400) {
      of.window *= 8;
      continue;
    }
    return calls;
  }
}

// listen has the daemon's events say when to look, for as long as it streams them.
let listening = false;
async function listen() {
  if (listening || !access) return;
  listening = true;
  try {
    let asked = 0;
    await events(leaving.signal, () => { streaming = true; }, () => {
      if (asked || document.hidden) return;
      asked = setTimeout(() => { asked = 0; look(); }, SOONEST);
    });
  } catch {
    // Nobody answers: looking every few seconds goes on, and tells.
  }
  listening = streaming = false;
  if (access) setTimeout(listen, SLOW);
}
let leaving = new AbortController(); // ends with the login

// ---- who is logged in

async function login() {
  try {
    access = await get('/v1/access');
  } catch (e) {
    if (!(e instanceof Refused && e.status === 401)) throw e;
    ask(hasToken() ? 'The daemon does not know this token.' : '');
    return;
  }
  goneSince = null;
  leaving = new AbortController();
  listen();
}

// logout leaves nothing on the page of what was seen.
function logout() {
  setToken('');
  location.reload();
}

function ask(why) {
  setToken('');
  goneSince = null;
  fill($('login-why'), why);
  show();
  $('token').focus();
}

// ---- what is looked at

function choose(name, what) {
  if (name !== chosen) {
    chosen = name;
    of = fresh();
    due = { reports: due.reports };
    forgetDay();
    forgetReport();
    fill($('refused'), '');
  }
  view = what;
}

// fromAddress reads #/NAME and #/NAME/reports.
function fromAddress() {
  const [, name, what] = location.hash.split('/');
  try {
    choose(name ? decodeURIComponent(name) : chosen, what === 'reports' ? 'reports' : 'live');
  } catch {
    choose('', 'live'); // an address that somebody mistyped
  }
}

// ---- showing

const said = new Map(); // what the state of each campaign was

function show() {
  document.documentElement.classList.toggle('gone', goneSince !== null);
  $('login').hidden = access !== null || goneSince !== null;
  $('app').hidden = !status || !access;
  $('who').hidden = !access || !hasToken();
  fill($('name'), access ? `${access.name}${may('operate') ? '' : ', may only look'}` : '');
  showLink();
  const bad = showTroubles();
  document.title = (bad ? '⚠ ' : '') + [status && chosen && campaign() ? `${chosen}: ${campaign().state}` : '', 'dialcamp'].filter(Boolean).join(' – ');
  if (!status || !access) {
    fill($('servers'), '');
    fill($('clock'), '');
    return;
  }
  fill($('clock'), `${clock(status.time)} ${zone(status.time)}`);
  fill($('servers'), status.asterisk.map((s) => h('li', { class: s.up ? 'up' : 'down' }, `${s.name} ${s.up ? 'up' : 'DOWN'}, ${plural(s.in_flight, 'call')}`)));
  announce();
  showCampaigns(status, chosen, view);
  const c = campaign();
  $('chosen').hidden = !c;
  if (!c) return; // until it has been looked at
  fill($('title'), h('h2', null, c.name), ' ', stateBadge(c.state));
  fill($('views'), [['live', 'Live'], ['reports', 'Reports']].map(([v, name]) => h('li', null, h('a', { href: linkTo(c.name, v), 'aria-current': v === view ? 'page' : null }, name))));
  showVerbs(c, may('operate') && !goneSince);
  $('live').hidden = view !== 'live';
  $('reports').hidden = view !== 'reports';
  if (view === 'live') showLive(c);
  else offerReports(status, c.name);
  mindScrolling();
}

function showLive(c) {
  const queue = queueOf(status, c);
  const row = status.reports.find((r) => r.campaign === c.name);
  const limits = reports.find((r) => r.campaign === c.name);
  showHold(c, queue);
  showTiles(c, queue, row, limitOf(c));
  if (of.day) showDay(of.day);
  showOutcomes(row);
  showRates(row);
  showLimits(limits, c.regime);
  showWaits(of.why, status.time);
  showDecisions(of.decisions, c.mode, status.time);
  showAttempts(of.calls, status.time);
}

const limitOf = (c) => reports.find((r) => r.campaign === c.name)?.abandon_limits?.find((l) => l.regime === c.regime);

function showLink() {
  const text = goneSince ? 'not connected' : !access ? 'not logged in' : streaming ? 'live' : `every ${EVERY / 1000} s`;
  $('link').className = `link ${goneSince ? 'down' : access ? 'up' : 'out'}`;
  fill($('link'), text);
}

let told = new Set(); // troubles that were there before

// showTroubles shows them all, and says each once to those who do not see them:
// figures in them may change at every look.
function showTroubles() {
  const all = [];
  if (goneSince) {
    all.push({ key: 'gone', bad: true, text: `The daemon has not answered since ${goneSince.toTimeString().slice(0, 8)}, by this computer’s clock. ${status ? 'What is shown is what was last seen. ' : ''}Trying again.` });
  }
  if (failing) all.push({ key: 'failing', bad: true, text: failing });
  if (status && access) all.push(...troubles(status, new Map(status.campaigns.map((c) => [c.name, limitOf(c)]))));
  fill($('troubles'), all.length ? h('ul', null, all.map((t) => h('li', { class: t.bad ? 'bad' : 'mind' }, t.text))) : '');
  const fresh = all.filter((t) => !told.has(t.key));
  if (fresh.length) fill($('alarm'), fresh.map((t) => t.text).join(' '));
  told = new Set(all.map((t) => t.key));
  return all.some((t) => t.bad);
}

// announce says what changed to those who do not see it.
function announce() {
  const news = [];
  for (const c of status.campaigns) {
    if (said.has(c.name) && said.get(c.name) !== c.state) news.push(`Campaign ${c.name} is ${c.state}.`);
    said.set(c.name, c.state);
  }
  if (news.length) fill($('said'), news.join(' '));
}

// ---- what people do

$('login-form').addEventListener('submit', (e) => {
  e.preventDefault();
  setToken($('token').value.trim());
  $('token').value = '';
  fill($('login-why'), '');
  look();
});

$('logout').addEventListener('click', logout);

$('verbs').addEventListener('click', async (e) => {
  const verb = e.target.closest('[data-verb]')?.dataset.verb;
  const c = campaign();
  if (!verb || !c) return;
  fill($('refused'), '');
  try {
    await operate(c, verb);
  } catch (err) {
    if (err instanceof Refused && err.status !== 401) fill($('refused'), h('p', { class: 'why', role: 'alert' }, `${verb} ${c.name}: ${err.message}`));
    else failed(err);
  }
  due.why = 0;
  look();
});

$('skip').addEventListener('click', (e) => {
  e.preventDefault(); // the fragment is the campaign's
  $('main').focus();
});

addEventListener('hashchange', () => {
  if (takeToken()) {
    leaving.abort();
    access = null;
  }
  fromAddress();
  show();
  look();
});
addEventListener('resize', mindScrolling);
document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  forgetDay();
  show();
});

takeToken();
fromAddress();
startReports();
look();
