// What is going on in the chosen campaign at this moment.

import { $, bar, fill, h, table } from './dom.js';
import { clock, count, day, duration, fraction, hours, percent, plural, rate } from './format.js';
import { percentDone, progress } from './campaigns.js';
import { classOf, ordered, words } from './outcomes.js';
import { unanswered } from './verbs.js';

// queueOf is a campaign's queue, on all its servers together; undefined if none is
// known.
export function queueOf(status, c) {
  const all = status.queues.filter((q) => q.name === c.queue && c.asterisk.split(', ').includes(q.asterisk));
  return all.length < 2 ? all[0] : all.reduce(together);
}

const together = (a, b) => ({
  ...a, asterisk: `${a.asterisk}, ${b.asterisk}`, known: a.known && b.known, logged_in: a.logged_in + b.logged_in, free: a.free + b.free,
  supply: [a.supply, b.supply].filter(Boolean).join('; '),
  agents: a.agents && b.agents && Object.fromEntries(Object.keys(a.agents).map((k) => [k, a.agents[k] + b.agents[k]])),
});

const waiting = (c) => (c.phases.answered ?? 0) + (c.phases.queued ?? 0) + (c.phases.offered ?? 0);

// showHold says what binds the campaign now, and where the number of free agents
// comes from.
export function showHold(c, queue) {
  const text = c.hold || (c.in_flight ? 'Nothing holds it: calls are placed as agents become free.' : 'Nothing holds it: the next call is being placed.');
  fill($('hold'),
    h('h3', { id: 'hold-title', class: 'unseen' }, 'Pacing now'),
    h('p', { class: 'binding' }, sentence(text)),
    h('p', { class: 'note' }, `${c.mode} pacing`, queue ? [`, queue ${queue.name} on ${queue.asterisk}`, queue.known && queue.supply ? `: ${queue.supply}` : ': not seen yet'] : ''));
}

const sentence = (s) => s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?]$/.test(s) ? '' : '.');

const tile = (id, title, figure, unit, picture, facts) => h('section', { class: 'tile', 'aria-labelledby': id },
  h('h3', { id }, title),
  h('p', { class: 'big' }, h('strong', null, figure), ' ', h('span', null, unit || '\u00a0')),
  picture,
  h('dl', null, facts.map(([name, value, cls]) => h('div', null, h('dt', null, cls && h('span', { class: `swatch ${cls}` }), name), h('dd', null, value)))));

// showTiles shows the figures that are looked at first. Limit is how the campaign
// stands with its regime.
export function showTiles(c, queue, row, limit) {
  fill($('tiles'), [agents(queue, c), calls(c), abandoned(c, limit), contacts(row)]);
}

function agents(queue, c) {
  if (!queue) return tile('tile-agents', 'Agents', '–', c.queue ? 'not seen yet' : 'none: it has no queue', null, []);
  const a = queue.agents;
  if (!a) return tile('tile-agents', 'Agents', count(queue.free), 'free', null, [['logged in', queue.known ? count(queue.logged_in) : 'not known']]);
  const all = a.idle + a.ringing + a.busy + a.wrapup + a.paused;
  const parts = [['on a call', a.busy, 'busyagent'], ['ringing', a.ringing, 'ringing'], ['wrap-up', a.wrapup, 'wrapup'], ['idle', a.idle, 'idle'], ['paused', a.paused, 'paused']];
  return tile('tile-agents', 'Agents', count(queue.free), `free for a call, of ${count(all)}`,
    bar(parts.map(([, n, cls]) => ({ n, class: cls })), all),
    [...parts.map(([name, n, cls]) => [name, count(n), cls]), a.away > 0 && ['not logged in', count(a.away)]].filter(Boolean));
}

function calls(c) {
  const parts = [['ringing', unanswered(c), 'ringing'], ['waiting', waiting(c), 'waitingcall'], ['talking', c.phases.talking ?? 0, 'busyagent']];
  return tile('tile-calls', 'Calls in flight', count(c.in_flight), c.in_flight === 1 ? 'call' : 'calls',
    bar(parts.map(([, n, cls]) => ({ n, class: cls })), c.in_flight),
    parts.map(([name, n, cls]) => [name, count(n), cls]));
}

// allowed says what a limit leaves.
const allowed = (l) => h('span', { class: l.more < 0 ? 'bad' : null }, l.more < 0 ? `${count(-l.more)} too many` : `${count(l.more)} more`);

function abandoned(c, l) {
  if (!l) return tile('tile-abandoned', 'Abandoned', '–', '', null, []);
  return tile('tile-abandoned', 'Abandoned', rate(l), l.den ? `${fraction(l)} answers` : 'no answers yet',
    bar([{ n: l.num, class: l.more < 0 ? 'over' : 'spent' }], l.limit * l.den),
    [
      ['limit', `${percent(l.limit)} (${l.regime})`],
      ['since', day(l.since)],
      ['allowed', allowed(l)],
      ...(c.mode === 'predictive' && c.abandon_target !== l.limit ? [['own target', percent(c.abandon_target)]] : []),
      ...(c.mode === 'predictive' ? [['today', c.answers ? `${fraction({ num: c.abandoned, den: c.answers })}` : 'no answers yet']] : []),
    ]);
}

function contacts(row) {
  const p = progress(row);
  const c = row?.contacts ?? {};
  return tile('tile-contacts', 'Contacts', p.total ? percentDone(p) : '–', p.total ? `over, ${count(p.over)} of ${count(p.total)}` : 'no list has been loaded yet',
    bar([{ n: p.over, class: 'done' }], p.total),
    [['not called yet', count(c.pending)], ['for a retry', count(c.waiting)], ['being called', count(c.dialing)]]);
}

export function showOutcomes(row) {
  const a = row?.attempts ?? { total: 0, in_flight: 0, by_outcome: {} };
  const all = ordered(a.by_outcome).filter(([, n]) => n > 0);
  const line = (o, n) => [h('span', null, h('span', { class: `swatch ${classOf(o)}` }), words(o)), count(n), percent(n / a.total), bar([{ n, class: classOf(o) }], a.total)];
  fill($('outcomes'), h('h3', { id: 'outcomes-title' }, 'Attempts'), table({
    caption: 'Attempts by outcome', hideCaption: true,
    columns: [{ head: 'Outcome' }, { head: 'Attempts', is: 'figure' }, { head: 'Share', is: 'figure' }, { head: h('span', { class: 'unseen' }, 'Picture of the share'), is: 'wide' }],
    lines: [...all.map(([o, n]) => line(o, n)), ...(a.in_flight > 0 ? [['in flight', count(a.in_flight), percent(a.in_flight / a.total), '']] : [])],
    total: a.total > 0 ? ['total', count(a.total), '', ''] : null,
    empty: 'No call yet.',
  }));
}

const RATES = [
  ['answer', 'Answered', 'of attempts', fraction],
  ['connect', 'Connected', 'of attempts', fraction],
  ['abandon', 'No agent within 2 s', 'of live answers', fraction],
  ['abandon_queue', 'Abandoned or dropped', 'of live answers', fraction],
  ['penetration', 'Attempted', 'of contacts', fraction],
  ['occupancy', 'Occupancy', 'of agents’ logged-in time', (r) => (r.den ? `${hours(r.num)} / ${hours(r.den)}` : '')],
];

export function showRates(row) {
  fill($('rates'), h('h3', { id: 'rates-title' }, 'Rates'), table({
    caption: 'Rates with numerator and denominator', hideCaption: true,
    columns: [{ head: 'Rate', is: 'wrap' }, { head: 'Value', is: 'figure' }, { head: 'Made of', is: 'figure' }],
    lines: row ? RATES.map(([k, name, of, made]) => [[`${name} `, h('span', { class: 'mark' }, of)], rate(row.rates[k]), made(row.rates[k]) || '–']) : [],
    empty: 'No call yet.',
  }));
}

export function showLimits(row, regime) {
  const limits = row?.abandon_limits ?? [];
  fill($('limits'), h('h3', { id: 'limits-title' }, 'Abandoned, by the rules of each regime'), table({
    caption: 'Abandoned calls, by the rules of each regime', hideCaption: true,
    columns: [{ head: 'Rules', is: 'wrap' }, { head: 'Abandoned', is: 'figure' }, { head: 'Rate', is: 'figure spare' }, { head: 'Limit', is: 'figure spare' }, { head: 'Allow', is: 'figure' }, { head: 'Since', is: 'figure roomy' }],
    lines: limits.map((l) => [[l.regime, l.regime === regime && h('span', { class: 'mark' }, ' in force')],
      fraction(l) || '–', rate(l), percent(l.limit), allowed(l), day(l.since)]),
  }));
}

const WAITS = {
  due: () => 'due now: for their turn',
  first: () => 'until they may be called for the first time',
  retry: () => 'for a retry',
  callback: () => 'until they asked to be called, or a rule puts them first',
  window: (w) => `until their calling window${w.zone ? ` in ${w.zone}` : ''} opens`,
};

// showWaits counts what holds contacts off.
export function showWaits(why, now) {
  const lines = (why?.waits ?? []).map((w) => [WAITS[w.for]?.(w) ?? w.for, `${why.exact ? '' : '≥ '}${count(w.contacts)}`,
    w.for === 'due' ? 'now' : w.next ? clock(w.next, now) : 'never']);
  const put = (n, text) => n > 0 && lines.push([text, plural(n, 'time'), '']);
  put(why?.put_off_busy, 'put off: every number was being called');
  put(why?.put_off_too_often, 'put off: every number was called too often');
  fill($('waits'), h('h3', { id: 'waits-title' }, 'Held off'), table({
    caption: 'What contacts wait for', hideCaption: true,
    columns: [{ head: 'What for', is: 'wrap' }, { head: 'Contacts', is: 'figure' }, { head: 'The first', is: 'figure' }],
    lines, empty: 'Nobody waits.',
  }));
}

// showDecisions shows the pacing ledger's last, newest first.
export function showDecisions(all, mode, now) {
  const predictive = mode === 'predictive';
  fill($('decisions'), h('h3', { id: 'decisions-title' }, 'Last pacing decisions'), table({
    caption: 'The last pacing decisions, newest first', hideCaption: true,
    columns: [{ head: 'Time' }, { head: 'Placed', is: 'figure' }, { head: 'Agents free', is: 'figure spare' }, { head: 'Ringing', is: 'figure spare' },
      ...(predictive ? ['Will answer', 'Chance of no agent', 'Allowed'].map((head) => ({ head, is: 'figure spare' })) : []),
      { head: 'Held by', is: 'wide' }],
    lines: all.toReversed().map((d) => [clock(d.time, now), count(d.placed), count(d.snapshot.free), count(d.snapshot.ringing?.length),
      ...(predictive ? [percent(d.decision.rate ?? 0), percent(d.decision.harm ?? 0), percent(d.decision.threshold ?? 0)] : []),
      d.held]),
    empty: 'No decision yet.',
  }));
}

// showAttempts shows the last calls, newest first.
export function showAttempts(calls, now) {
  const keys = calls.some((c) => c.key);
  fill($('attempts'), h('h3', { id: 'attempts-title' }, 'Last attempts'), table({
    caption: 'The last attempts, newest first', hideCaption: true,
    columns: [{ head: 'Called' }, { head: 'Number' }, ...(keys ? [{ head: 'Key', is: 'short spare' }] : []), { head: 'Try', is: 'figure spare' }, { head: 'Outcome' }, { head: 'Agent', is: 'short spare' },
      { head: 'Rang', is: 'figure spare' }, { head: 'Waited', is: 'figure spare' }, { head: 'Talked', is: 'figure' }, { head: 'Note', is: 'wide spare' }],
    lines: calls.toReversed().map((c) => [clock(c.claimed, now), c.number, ...(keys ? [c.key] : []), count(c.attempt),
      h('span', { class: 'outcome' }, c.outcome !== 'in_flight' && h('span', { class: `swatch ${classOf(c.outcome)}` }), words(c.outcome)),
      c.agent, c.outcome === 'in_flight' ? '' : duration(c.ring_seconds), c.answered ? duration(c.wait_seconds) : '', c.connected ? duration(c.talk_seconds) : '',
      c.note || (c.outcome !== 'connected' && c.cause_text) || '']),
    empty: 'No call yet.',
  }));
}

