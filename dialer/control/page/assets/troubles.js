// What somebody has to see to, worst first.

import { clock, count, day, percent, plural } from './format.js';

// troubles of a status, as {key, bad, text}; the text of one may change, its key
// does not. Limits are those of the campaigns' own regimes, by name.
export function troubles(status, limits) {
  const bad = [];
  const mind = [];
  const add = (to, key, text) => to.push({ key, bad: to === bad, text });
  const now = status.time;
  for (const s of status.asterisk) {
    if (!s.up) add(bad, `link ${s.name}`, `No connection to Asterisk ${s.name}: no calls are placed on it.`);
    for (const t of s.trunks ?? []) {
      const until = Date.parse(now) < Date.parse(t.until) ? `no call until ${clock(t.until, now)}` : 'one call at a time is tried';
      add(bad, `trunk ${s.name} ${t.name}`, `Trunk ${t.name} on ${s.name} refused ${t.refused} calls: ${until}.`);
    }
  }
  for (const q of status.queues) {
    if (q.supply && !q.known) add(bad, `queue ${q.asterisk} ${q.name}`, `Asterisk ${q.asterisk} does not know the queue ${q.name}.`);
    else if (q.known && q.logged_in === 0 && status.campaigns.some((c) => c.queue === q.name && c.asterisk.split(', ').includes(q.asterisk) && c.state === 'running')) {
      add(mind, `agents ${q.asterisk} ${q.name}`, `No agent is logged in to the queue ${q.name}.`);
    }
  }
  for (const c of status.campaigns) {
    if (/^(the store failed|originating failed)/.test(c.hold)) add(bad, `fault ${c.name}`, `Campaign ${c.name}: ${c.hold}.`);
    const l = limits.get(c.name);
    if (l && l.more < 0 && c.mode === 'predictive') {
      add(bad, `budget ${c.name}`, `Campaign ${c.name}: ${count(l.num)} of ${count(l.den)} answers abandoned since ${day(l.since)}, ${count(-l.more)} too many for ${percent(l.limit)} (${l.regime}).`);
    }
  }
  for (const w of status.webhooks ?? []) {
    if (w.error) add(mind, `webhook ${w.name}`, `Webhook ${w.name} fails since ${clock(w.failing_since, now)}: ${w.error}; ${plural(w.waiting, 'outcome')} wait.`);
  }
  if (status.calls_lost > 0) add(mind, 'lost', `The end of ${plural(status.calls_lost, 'call')} was not seen since the daemon started.`);
  return [...bad, ...mind];
}
