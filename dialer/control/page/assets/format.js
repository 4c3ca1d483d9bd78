// Figures and times as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const count = (n) => whole.format(n ?? 0);

// fraction is what a rate is made of: "9 / 503".
export const fraction = (r) => (r && r.den ? `${tenths.format(r.num)} / ${tenths.format(r.den)}` : '');

export const percent = (part) => `${(100 * part).toFixed(1)} %`;

export const rate = (r) => (r && r.den ? percent(r.num / r.den) : '–');

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

// duration of seconds: 1h02m03s, 2m03s, 3s.
export function duration(seconds) {
  const s = Math.round(seconds ?? 0);
  const two = (n) => String(n).padStart(2, '0');
  if (s >= 3600) return `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m${two(s % 60)}s`;
  if (s >= 60) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  return `${s}s`;
}

// hours of seconds: 1h02m, 2m.
export function hours(seconds) {
  const m = Math.round((seconds ?? 0) / 60);
  return m >= 60 ? `${Math.floor(m / 60)}h${String(m % 60).padStart(2, '0')}m` : `${m}m`;
}

// Times are shown by the clock that they were written by: that of the daemon's
// machine, or a campaign's own. The browser's zone does not matter.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// offset of an RFC 3339 time, "+09:00"; "+00:00" of one that ends with Z.
export const offset = (t) => (/[zZ]$/.test(t) ? '+00:00' : t.slice(-6));

// zone names an offset: UTC+09:00, UTC.
export const zone = (t) => (offset(t) === '+00:00' ? 'UTC' : `UTC${offset(t)}`);

// clock is 14:03:05; with the day if it is not that of now, with the zone if it is
// another than that of now.
export function clock(t, now) {
  if (!t) return '';
  const time = t.slice(11, 19);
  const other = now && offset(t) !== offset(now) ? ` ${zone(t)}` : '';
  return now && t.slice(0, 10) !== now.slice(0, 10) ? `${day(t)} ${time.slice(0, 5)}${other}` : time + other;
}

// day is 26 Nov.
export const day = (t) => `${Number(t.slice(8, 10))} ${MONTHS[Number(t.slice(5, 7)) - 1]}`;

// minute is 14:03.
export const minute = (t) => t.slice(11, 16);
