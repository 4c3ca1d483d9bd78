// The outcomes that are looked at together, in the order in which they are drawn.

export const GROUPS = [
  { name: 'connected', class: 'connected', of: ['connected'] },
  { name: 'no agent', class: 'noagent', of: ['abandoned', 'dropped'] },
  { name: 'machine', class: 'machine', of: ['machine'] },
  { name: 'no answer', class: 'noanswer', of: ['no_answer'] },
  { name: 'busy', class: 'busy', of: ['busy'] },
];

const NAMED = new Set(GROUPS.flatMap((g) => g.of));

export const OTHER = { name: 'other', class: 'other' };

export const ALL = [...GROUPS, OTHER];

// grouped counts by_outcome by ALL.
export function grouped(byOutcome) {
  const n = GROUPS.map((g) => g.of.reduce((sum, o) => sum + (byOutcome[o] ?? 0), 0));
  const other = Object.entries(byOutcome).filter(([o]) => !NAMED.has(o)).reduce((sum, [, k]) => sum + k, 0);
  return [...n, other];
}

// ORDER is that of every report.
const ORDER = ['connected', 'abandoned', 'dropped', 'machine', 'busy', 'no_answer', 'rejected', 'invalid', 'unreachable', 'congestion', 'failed', 'cancelled', 'unknown'];

export const ordered = (byOutcome) => Object.entries(byOutcome).sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));

export const classOf = (outcome) => (GROUPS.find((g) => g.of.includes(outcome)) ?? OTHER).class;

export const words = (outcome) => outcome.replaceAll('_', ' ');
