import { channel } from 'node:diagnostics_channel';

/** One piece of a case's work, from its start to its end. */
export interface Span {
  /** What is done: `register`, `network`, `masks` … */
  readonly stage: string;
  /** On which sequence or file, where it is about one. */
  readonly about: string | null;
  /** Which thread or process does it: `main` is the thread that runs the pipeline. */
  readonly lane: string;
  /** Milliseconds since 1970, fractions included: spans of several processes can be laid side by side. */
  readonly start: number;
  readonly end: number;
  /** Processor time of the whole process from start to end, in ms: over the time that passed, how many cores were busy. */
  readonly cpuMs: number;
}

/** Where the work was started from. */
export type SpanPlace = Partial<Pick<Span, 'about' | 'lane'>>;

const spans = channel('quorum:span');

/**
 * Does work; who listens is told when it began and ended, also when it fails. Without a listener it is a plain call.
 *
 * @param place the main thread, and nothing in particular, unless said.
 */
export function traced<T>(stage: string, work: () => T, place: SpanPlace = {}): T {
  if (!spans.hasSubscribers) return work();
  const [start, cpu] = [now(), process.cpuUsage()];
  const tell = () => {
    const { user, system } = process.cpuUsage(cpu);
    const { about = null, lane = 'main' } = place;
    const cpuMs = (user + system) / 1000;
    spans.publish({ stage, about, lane, start, end: now(), cpuMs } satisfies Span);
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    tell();
    throw error;
  }
  if (result instanceof Promise) return result.finally(tell) as T;
  tell();
  return result;
}

const now = () => performance.timeOrigin + performance.now();

/** Collects the spans of all work in this process from now until `end`, in the order in which they began. */
export function listenToTrace(): { end(): Span[] } {
  const found: Span[] = [];
  const hear = (span: unknown) => void found.push(span as Span);
  spans.subscribe(hear);
  return {
    end() {
      spans.unsubscribe(hear);
      return found.sort((a, b) => a.start - b.start);
    },
  };
}
