import { cpus } from 'node:os';
import { listenToTrace, type Span } from '../trace.js';

/** Where the time of a job went. Times in seconds from its beginning. */
export interface Timing {
  readonly seconds: number;
  /** Processor time of this process over the time that passed: how many cores were busy on average. */
  readonly busyCores: number;
  readonly cores: number;
  /** Seconds in which two lanes or more were at work, one, and none that is known. */
  readonly lanes: { readonly several: number; readonly one: number; readonly none: number };
  /** In the order in which they began. */
  readonly spans: readonly TimedSpan[];
}

export interface TimedSpan extends Pick<Span, 'stage' | 'about' | 'lane'> {
  readonly start: number;
  readonly end: number;
  /** Of the whole process, while this was done. */
  readonly busyCores: number;
}

/** Does work and tells where its time went. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; timing: Timing }> {
  const trace = listenToTrace();
  const started = performance.timeOrigin + performance.now();
  const cpu = process.cpuUsage();
  try {
    const result = await work();
    const { user, system } = process.cpuUsage(cpu);
    const ended = performance.timeOrigin + performance.now();
    return { result, timing: timingOf(trace.end(), started, ended, (user + system) / 1000) };
  } finally {
    trace.end();
  }
}

/** @param cpuMs processor time from `started` to `ended`, which are milliseconds as spans have them. */
export function timingOf(spans: readonly Span[], started: number, ended: number, cpuMs: number): Timing {
  const lanes = { several: 0, one: 0, none: 0 };
  const edges = [...new Set([started, ended, ...spans.flatMap(({ start, end }) => [start, end])])]
    .filter((at) => at >= started && at <= ended)
    .sort((a, b) => a - b);
  for (const [n, to] of edges.entries()) {
    if (n === 0) continue;
    const from = edges[n - 1];
    const atWork = new Set(
      spans.filter(({ start, end }) => start <= from && end >= to).map(({ lane }) => lane),
    );
    const which = atWork.size > 1 ? 'several' : atWork.size === 1 ? 'one' : 'none';
    lanes[which] += (to - from) / 1000;
  }
  return {
    seconds: (ended - started) / 1000,
    busyCores: cpuMs / (ended - started),
    cores: cpus().length,
    lanes,
    spans: spans.map(({ stage, about, lane, start, end, cpuMs: own }) => ({
      ...{ stage, about, lane },
      start: (start - started) / 1000,
      end: (end - started) / 1000,
      busyCores: end > start ? own / (end - start) : 0,
    })),
  };
}
