import type { FoundSeries } from './candidate.js';

/** Whether it is known when a series was taken. */
export function hasTime({ about }: FoundSeries): boolean {
  return timeOf(about) !== '';
}

/** When it was acquired: date and time, or the time of day alone; '' where neither is known. */
export function timeOf({ acquired, clock }: FoundSeries['about']): string {
  return acquired?.includes('T') ? acquired : (clock ?? '');
}

/** Minutes between the acquisitions of two series. */
export function minutesBetween(a: FoundSeries, b: FoundSeries): number {
  const at = ({ about }: FoundSeries) => {
    const time = timeOf(about);
    return Date.parse(time.includes('T') ? `${time}Z` : `1970-01-01T${time}Z`);
  };
  return Math.abs(at(b) - at(a)) / 60_000;
}

/** By time of acquisition, then by series number. */
export function byTime(a: FoundSeries, b: FoundSeries): number {
  const [one, other] = [timeOf(a.about), timeOf(b.about)];
  if (one !== '' && other !== '' && one !== other) return one < other ? -1 : 1;
  return (a.about.seriesNumber ?? 0) - (b.about.seriesNumber ?? 0);
}

/** How a sentence names a series: by its number or its file. */
export function nameOf({ about, shown }: FoundSeries): string {
  if (about.seriesNumber !== undefined) return `(series ${about.seriesNumber})`;
  return `(${shown.split(/[\\/]/).at(-1)})`;
}
