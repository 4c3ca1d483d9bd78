// Starting, pausing and stopping a campaign.

import { $, fill, h } from './dom.js';
import { plural } from './format.js';
import { campaignPath, post } from './api.js';

const NAMES = { start: 'Start', pause: 'Pause', resume: 'Resume', drain: 'Drain', stop: 'Stop' };

// BY_STATE are the commands that make sense in a state, the likeliest first.
const BY_STATE = {
  running: ['pause', 'drain', 'stop'],
  paused: ['resume', 'drain', 'stop'],
  draining: ['start', 'stop'],
  stopped: ['start'],
};

export const unanswered = (c) => (c.phases.originated ?? 0) + (c.phases.ringing ?? 0);

// CONSEQUENCES are told before it is too late.
const CONSEQUENCES = {
  drain: (c) => `No new calls are placed. ${c.in_flight === 0 ? 'None is in flight, so the campaign is stopped at once' :
    `${plural(c.in_flight, 'call')} in flight go on until they end; then the campaign is stopped`}.`,
  stop: (c) => `No new calls are placed. ${unanswered(c) === 0 ? 'No call is ringing' :
    `${plural(unanswered(c), 'call')} that nobody has answered ${unanswered(c) === 1 ? 'is' : 'are'} hung up`}; answered ones go on until they end.`,
};
const LASTS = ' It stays stopped, over restarts too, until it is started again by hand or by its own schedule.';

export function showVerbs(c, may) {
  $('verbs').hidden = !may;
  fill($('verbs'), may ? (BY_STATE[c.state] ?? []).map((v, i) =>
    h('button', { type: 'button', 'data-verb': v, class: v === 'stop' ? 'danger' : i === 0 ? 'main' : null }, NAMES[v])) : []);
}

// operate asks where it matters, and resolves to what came of it in words; null if
// the answer was no.
export async function operate(c, verb) {
  if (CONSEQUENCES[verb] && !(await confirmed(`${NAMES[verb]} campaign ${c.name}?`, CONSEQUENCES[verb](c) + LASTS, NAMES[verb]))) return null;
  const { state } = await post(campaignPath(c.name, verb));
  return `Campaign ${c.name} is ${state}.`;
}

function confirmed(title, text, yes) {
  const dialog = $('confirm');
  fill($('confirm-title'), title);
  fill($('confirm-text'), text);
  fill($('confirm-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
