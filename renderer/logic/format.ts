import { mlText } from '../../src/numbers.js';
import { MODALITY_TITLES, membersOf } from '../../src/terms.js';

/** Numbers and names as people read them. */

export function ml(value: number): string {
  return `${mlText(value)} ml`;
}

export function signedMl(value: number): string {
  if (Math.abs(value) < 0.05) return '0 ml';
  return `${value < 0 ? '−' : '+'}${ml(Math.abs(value))}`;
}

/** `+0.21`, `−0.03`, `±0.00`. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? `±${text}` : `${value < 0 ? '−' : '+'}${text}`;
}

export function duration(seconds: number): string {
  if (seconds < 1.5) return 'about a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** `2024-03-12`, of this place's time where there is a time. */
export function day(iso: string): string {
  if (!iso.includes('T')) return iso.slice(0, 10);
  const at = new Date(iso);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
}

/** `2024-03-12 14:05`. */
export function dayAndTime(iso: string): string {
  return `${day(iso)} ${new Date(iso).toTimeString().slice(0, 5)}`;
}

/** `177 days later`, `the same day`. */
export function distance(days: number): string {
  if (days === 0) return 'the same day';
  const apart = count(Math.abs(days), 'day', 'days');
  return days > 0 ? `${apart} later` : `${apart} earlier`;
}

export function bytes(value: number): string {
  if (value < 1e6) return `${Math.round(value / 1e3)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

/** `T1 + FLAIR` from `t1+flair`. */
export function combinationTitle(name: string): string {
  return membersOf(name)
    .map((m) => MODALITY_TITLES[m])
    .join(' + ');
}

/** `1 case`, `3 cases`: both words are given, since languages differ in how they make the second. */
export function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}
