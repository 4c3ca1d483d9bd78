// What somebody has to see to, worst first.

import { clock, count, day, percent, plural } from './format.js';

// troubles of a status, as {bad, text}. Limits are those of the campaigns' own
// regimes, by name.
export function troubles(status, limits) {
  const bad = [];
  const mind = [];
  const now = status.time;
  for (const s of status.asterisk) {
    if (!s.up) bad.push(`No connection to Asterisk ${s.name}: no calls are placed on it.`);
    for (const t of s.trunks ?? []) {
      const until = Date.parse(now) < Date.parse(t.until) ? `no call until ${clock(t.until, now)}` : 'one call at a time is tried';
      bad.push(`Trunk ${t.name} on ${s.name} refused ${t.refused} calls: ${until}.`);
    }
  }
  for (const q of status.queues) {
    if (q.supply && !q.known) bad.push(`Asterisk ${q.asterisk} does not know the queue ${q.name}.`);
    else if (q.known && q.logged_in === 0 && status.campaigns.some((c) => c.queue === q.name && c.asterisk === q.asterisk && c.state === 'running')) {
      mind.push(`No agent is logged in to the queue ${q.name}.`);
    }
  }
  for (const c of status.campaigns) {
    if (/^(the store failed|originating failed)/.test(c.hold)) bad.push(`Campaign ${c.name}: ${c.hold}.`);
    const l = limits.get(c.name);
    if (l && l.more < 0 && c.mode === 'predictive') {
      bad.push(`Campaign ${c.name}: ${count(l.num)} of ${count(l.den)} answers abandoned since ${day(l.since)}, ${count(-l.more)} too many for ${percent(l.limit)} (${l.regime}).`);
    }
  }
  if (status.calls_lost > 0) mind.push(`The end of ${plural(status.calls_lost, 'call')} was not seen since the daemon started.`);
  return [...bad.map((text) => ({ bad: true, text })), ...mind.map((text) => ({ bad: false, text }))];
}
