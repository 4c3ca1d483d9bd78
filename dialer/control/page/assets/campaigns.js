// The list of campaigns, and how far each is.

import { $, bar, fill, h } from './dom.js';
import { plural } from './format.js';

// progress of a campaign's contacts: those that are over, of all that may be called.
export function progress(row) {
  const c = row?.contacts ?? {};
  const left = (c.pending ?? 0) + (c.waiting ?? 0) + (c.dialing ?? 0);
  const total = c.total ?? 0;
  return { left, total, over: total - left, part: total ? (total - left) / total : 0 };
}

export const stateBadge = (state) => h('span', { class: `state ${state}` }, state);

export const linkTo = (name, view) => `#/${encodeURIComponent(name)}${view === 'reports' ? '/reports' : ''}`;

// percentDone never says 100 % while something is left.
export const percentDone = (p) => `${Math.floor(100 * p.part)} %`;

export function showCampaigns(status, chosen, view) {
  fill($('campaigns'), status.campaigns.map((c) => {
    const p = progress(status.reports.find((r) => r.campaign === c.name));
    return h('li', null, h('a', { href: linkTo(c.name, view), 'aria-current': c.name === chosen ? 'page' : null },
      h('span', { class: 'line' }, h('span', { class: 'name' }, c.name), ' ', stateBadge(c.state)),
      bar([{ n: p.over, class: 'done' }], p.total),
      h('span', { class: 'line note' },
        h('span', null, `${c.mode}, ${plural(c.in_flight, 'call')}`),
        ' ',
        h('span', null, p.total ? percentDone(p) : 'no contacts'))));
  }));
}
