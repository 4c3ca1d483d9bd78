// The outcomes of the day, in quarters of an hour: a picture, what the pointer is
// at in words, and all of it as a table.

import { $, fill, h, table } from './dom.js';
import { count, minute } from './format.js';
import { ALL, grouped } from './outcomes.js';

const QUARTER = 900;
const LEAST = 8; // quarters that the picture is wide

// quarters of rows, without gaps: {at, label, n}. The hour that clocks repeat in
// autumn is one.
function quarters(rows) {
  const seen = new Map();
  for (const r of rows) {
    const at = Date.parse(`${r.key.slice(0, 19)}Z`) / 1000; // the clock on the wall
    const n = grouped(r.attempts.by_outcome);
    seen.set(at, seen.get(at)?.map((k, i) => k + n[i]) ?? n);
  }
  if (!seen.size) return [];
  const all = [];
  for (let at = Math.min(...seen.keys()); at <= Math.max(...seen.keys()); at += QUARTER) {
    all.push({ at, label: label(at), n: seen.get(at) ?? ALL.map(() => 0) });
  }
  return all;
}

const label = (at) => minute(new Date(at * 1000).toISOString());

let plot = null;
let shown = ''; // what plot is of

export function forgetDay() {
  plot?.destroy();
  plot = null;
  shown = '';
}

export function showDay(rows) {
  const all = quarters(rows);
  const totals = ALL.map((_, i) => all.reduce((sum, q) => sum + q.n[i], 0));
  const used = ALL.map((_, i) => i).filter((i) => totals[i] > 0);
  $('day-chart').hidden = $('day-at').hidden = !used.length;
  fill($('day'), used.length ? '' : h('p', { class: 'empty' }, 'No call has ended today.'));
  fill($('day-key'), used.length ? h('ul', { class: 'key', 'aria-label': 'Outcomes of the day' }, used.map((i) => h('li', null,
    h('span', { class: `swatch ${ALL[i].class}` }), `${ALL[i].name} `, h('strong', null, count(totals[i]))))) : '');
  fill($('day-table'), used.length ? h('details', null, h('summary', null, 'As a table'), table({
    caption: 'Outcomes today, by quarters of an hour', hideCaption: true,
    columns: [{ head: 'From' }, ...used.map((i) => ({ head: ALL[i].name, is: 'figure' })), { head: 'all', is: 'figure' }],
    lines: all.map((q) => [q.label, ...used.map((i) => count(q.n[i])), count(q.n.reduce((a, b) => a + b, 0))]),
    total: ['total', ...used.map((i) => count(totals[i])), count(totals.reduce((a, b) => a + b, 0))],
  })) : '');
  draw(all, used);
}

// draw stacks the outcomes: each column reaches as high as its own and those below
// it, and the highest is drawn first.
function draw(all, used) {
  if (!used.length) return forgetDay();
  let below = all.map(() => 0);
  const stacked = used.map((i) => (below = below.map((b, k) => b + all[k].n[i]))).reverse();
  const xs = all.map((q) => q.at);
  while (xs.length < LEAST) xs.push(xs.at(-1) + QUARTER);
  const data = [xs, ...stacked.map((n) => [...n, ...xs.slice(n.length).map(() => null)])];
  const is = JSON.stringify(used);
  if (plot && shown === is) {
    plot.quarters = all;
    plot.setData(data);
    return;
  }
  forgetDay();
  shown = is;
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: color('muted'), grid: { stroke: color('rule'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  plot = new uPlot({
    ...size(),
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: (_, from, to) => [from - QUARTER / 2, to + QUARTER / 2] },
      y: { range: (_, __, most) => [0, Math.max(4, most * 1.05)] },
    },
    axes: [
      { ...axis, size: 28, splits: hours, values: (_, at) => at.map(label), grid: { show: false } },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000], values: (_, n) => n.map(count) },
    ],
    series: [{}, ...used.toReversed().map((i) => ({
      label: ALL[i].name, fill: color(ALL[i].class), stroke: color('surface'), width: 1, points: { show: false },
      paths: uPlot.paths.bars({ size: [0.8, 48] }),
    }))],
    hooks: { setCursor: [(u) => say(u)] },
  }, data, $('day-chart'));
  plot.quarters = all;
}

// hours are places on the x axis that have room for a label.
function hours(u, _, from, to) {
  const step = [900, 1800, 3600, 7200, 10800, 21600].find((s) => (u.width * s) / (to - from) > 60) ?? 43200;
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) all.push(at);
  return all;
}

function say(u) {
  const q = u.cursor.idx === null || u.cursor.idx === undefined ? null : u.quarters[u.cursor.idx];
  const parts = q ? q.n.map((n, i) => n > 0 && `${count(n)} ${ALL[i].name}`).filter(Boolean) : [];
  fill($('day-at'), q ? `${q.label} to ${label(q.at + QUARTER)}: ${parts.join(', ') || 'no call'}` : 'By quarters of an hour, by the daemon’s clock.');
}

const size = () => ({ width: Math.max(200, $('day-chart').clientWidth), height: 200 });

new ResizeObserver(() => plot && plot.setSize(size())).observe($('day-chart'));
