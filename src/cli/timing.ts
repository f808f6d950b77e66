import type { TimedSpan, Timing } from '../commands/timing.js';
import { table } from './table.js';

const WIDTH = 40;
/** Shorter spans are counted together. */
const LEAST_SECONDS = 0.02;

/** A waterfall: one line a span, in the order in which they began. */
export function describeTiming({ seconds, busyCores, cores, lanes, spans }: Timing): string {
  const shown = spans.filter(({ start, end }) => end - start >= LEAST_SECONDS);
  const rest = spans.filter((one) => !shown.includes(one));
  const restSeconds = rest.reduce((sum, { start, end }) => sum + end - start, 0);
  const rows = shown.map((span) => [
    span.about === null ? span.stage : `${span.stage}: ${span.about}`,
    span.lane,
    span.start.toFixed(2),
    (span.end - span.start).toFixed(2),
    bar(span, seconds),
  ]);
  const share = (part: number) => `${part.toFixed(1)} s`;
  return [
    table([['stage', 'thread', 'from', 'seconds', ''], ...rows], 5),
    `${rest.length} shorter stages took ${restSeconds.toFixed(2)} s.`,
    `${seconds.toFixed(1)} s in all, ${busyCores.toFixed(1)} of ${cores} cores busy; several threads at work for ${share(lanes.several)}, one for ${share(lanes.one)}, none that is told here for ${share(lanes.none)}.`,
  ].join('\n');
}

function bar({ start, end }: TimedSpan, seconds: number): string {
  const from = Math.floor((start / seconds) * WIDTH);
  const to = Math.max(from + 1, Math.round((end / seconds) * WIDTH));
  return ' '.repeat(from) + '█'.repeat(to - from);
}
