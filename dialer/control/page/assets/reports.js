// Reports, to read and to keep.

import { $, fill, h, mindScrolling, table } from './dom.js';
import { count, day, duration, fraction, minute, plural, rate, zone } from './format.js';
import { file, get, query } from './api.js';
import { words } from './outcomes.js';

const BY = [
  ['campaign', 'campaign'], ['list', 'list'], ['interval', 'part of hour'], ['hour', 'hour'], ['attempt', 'attempt number'],
  ['yield', 'attempt by hour of day'], ['outcome', 'outcome'], ['cause', 'cause (Q.850)'], ['agent', 'agent'], ['number_type', 'number type'],
];

// offer shows what can be asked for.
export function offerReports(status, chosen) {
  const of = $('report-of');
  const names = status.campaigns.map((c) => c.name);
  if (of.dataset.of !== JSON.stringify([names, chosen])) {
    of.dataset.of = JSON.stringify([names, chosen]);
    fill(of, names.map((n) => h('option', { value: n }, n)), h('option', { value: '' }, 'all campaigns'));
    of.value = chosen;
  }
  if (!$('report-by').options.length) fill($('report-by'), BY.map(([value, name]) => h('option', { value }, name)));
  fill($('report-zone'), `Times are those of the daemon’s clock, ${zone(status.time)}. Without them it is about all attempts.`);
  $('report-form').dataset.offset = status.time.slice(19).replace(/^\.\d+/, '');
}

function wanted() {
  const by = $('report-by').value;
  const time = (id) => $(id).value && `${$(id).value.padEnd(19, ':00')}${$('report-form').dataset.offset}`;
  return { campaign: $('report-of').value, by, interval: by === 'interval' ? $('report-interval').value : '', from: time('report-from'), to: time('report-to') };
}

const ask = (more) => `/v1/report${query({ ...wanted(), ...more })}`;

export function startReports() {
  $('report-by').addEventListener('change', () => { $('interval-field').hidden = $('report-by').value !== 'interval'; });
  $('report-form').addEventListener('submit', (e) => {
    e.preventDefault();
    attempt(async () => show(wanted().by, await get(ask())));
  });
  $('report-form').addEventListener('click', (e) => {
    const format = e.target.closest('[data-format]')?.dataset.format;
    if (format) attempt(async () => keep(await file(ask({ format })), fileName(format)));
  });
}

export function forgetReport() {
  $('report').hidden = true;
  fill($('report-why'), '');
}

async function attempt(f) {
  fill($('report-why'), '');
  try {
    await f();
  } catch (e) {
    if (e.status === 401) throw e;
    fill($('report-why'), e.status ? e.message : 'The daemon does not answer.');
  }
}

function fileName(format) {
  const { campaign, by, from } = wanted();
  return `${[campaign || 'campaigns', by, from?.slice(0, 10)].filter(Boolean).join('-').replace(/[^\p{L}\p{N}._-]+/gu, '_')}.${format}`;
}

function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// keyOf names a row, as its group is read.
function keyOf(row, by) {
  if (by === 'interval' || by === 'hour') return `${day(row.key)} ${minute(row.key)}`;
  if (by === 'outcome') return words(row.key ?? '');
  return row.key ?? (by === 'cause' ? 'in flight' : 'none');
}

const OUTCOMES = ['connected', 'abandoned', 'dropped', 'machine', 'busy', 'no_answer'];

// sum adds the counts and rates of rows; those of contacts are not to be added.
function sum(rows) {
  const total = { attempts: { total: 0, by_outcome: {} }, rates: {}, seconds: { ring: 0, wait: 0, talk: 0 } };
  for (const r of rows) {
    total.attempts.total += r.attempts.total;
    for (const [o, n] of Object.entries(r.attempts.by_outcome)) total.attempts.by_outcome[o] = (total.attempts.by_outcome[o] ?? 0) + n;
    for (const k of ['answer', 'connect', 'abandon']) {
      const t = (total.rates[k] ??= { num: 0, den: 0 });
      t.num += r.rates[k].num;
      t.den += r.rates[k].den;
    }
    for (const k of Object.keys(total.seconds)) total.seconds[k] += r.seconds[k];
  }
  return total;
}

const share = (r) => (r.den ? [rate(r), ' ', h('span', { class: 'fraction' }, fraction(r))] : '–');

// columnsOf are those of figures; outcomes that there are none of have none.
function columnsOf(total) {
  const used = OUTCOMES.filter((o) => total.attempts.by_outcome[o] > 0);
  const other = (r) => r.attempts.total - OUTCOMES.reduce((s, o) => s + (r.attempts.by_outcome[o] ?? 0), 0);
  return [
    ['Attempts', (r) => count(r.attempts.total)],
    ...used.map((o) => [words(o), (r) => count(r.attempts.by_outcome[o])]),
    ...(other(total) > 0 ? [['other', (r) => count(other(r))]] : []),
    ['Answered', (r) => share(r.rates.answer)], ['Connected', (r) => share(r.rates.connect)], ['No agent in 2 s', (r) => share(r.rates.abandon)],
    ['Rang', (r) => duration(r.seconds.ring)], ['Waited', (r) => duration(r.seconds.wait)], ['Talked', (r) => duration(r.seconds.talk)],
  ];
}

function show(by, rows) {
  const several = new Set(rows.map((r) => r.campaign)).size > 1;
  const names = by === 'campaign' ? ['Campaign'] : [BY.find(([v]) => v === by)[1].replace(/^./, (c) => c.toUpperCase()), ...(by === 'yield' ? ['Hour'] : []), ...(several ? ['Campaign'] : [])];
  const name = (r) => (by === 'campaign' ? [r.campaign] : [keyOf(r, by), ...(by === 'yield' ? [r.hour] : []), ...(several ? [r.campaign] : [])]);
  const total = sum(rows);
  const columns = columnsOf(total);
  const figures = (r) => columns.map(([, figure]) => figure(r));
  $('report').hidden = false;
  fill($('said'), `The report has ${plural(rows.length, 'line')}.`);
  fill($('report'), table({
    caption: `${several || rows.length === 0 ? 'Campaigns' : `Campaign ${rows[0].campaign}`} by ${BY.find(([v]) => v === by)[1]}`,
    columns: [...names.map((head) => ({ head })), ...columns.map(([head]) => ({ head, is: 'figure' }))],
    lines: rows.map((r) => [...name(r), ...figures(r)]),
    total: rows.length > 1 ? ['total', ...names.slice(1).map(() => ''), ...figures(total)] : null,
    empty: 'Nothing to report: no attempts in that time.',
  }), rows.length ? h('p', { class: 'note' }, 'Rates stand beside what they are made of. Rang, waited and talked are sums. Other: rejected, invalid, unreachable, congestion, failed, cancelled, unknown and in flight.') : '');
  mindScrolling();
}
