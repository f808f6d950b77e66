/** The benchmark's own process: a faulty GPU driver may crash or hang it. Takes one BenchmarkRequest, answers
 * with what it knows after each volume, and ends. */
import type { InferenceEngine } from '../engine.js';
import { describeAdapter } from './adapter.js';
import {
  BENCHMARK_SHAPES,
  type BenchmarkRequest,
  type DeviceBenchmark,
  type DeviceFailure,
  type TimedShape,
} from './benchmark.js';
import { type DeviceCandidate, firstCpuCandidate } from './deviceCandidate.js';
import { agreementOf, failureOf } from './selfTest.js';
import { referenceInput, referenceNetwork } from './selfTestReference.js';

/** A shape is timed at most this often, and no more once it has taken this long. */
const TIMED_PASSES = 5;
const TIMING_BUDGET_MS = 4000;
/** After a pass as slow as this no larger volume is tried. */
const FAR_TOO_SLOW_S = 20;

process.once('message', (request: BenchmarkRequest) => {
  void measure(request)
    .catch((error): DeviceFailure => ({ id: request.id, failure: failureOf(error).split('\n')[0] }))
    .then((answer) => process.send!(answer, undefined, undefined, () => process.exit()));
});

async function measure({ candidatesModule, id, options }: BenchmarkRequest): Promise<DeviceBenchmark> {
  const { deviceCandidates } = (await import(candidatesModule)) as {
    deviceCandidates(): DeviceCandidate[];
  };
  const candidates = deviceCandidates();
  const candidate = candidates.find((one) => one.id === id)!;
  const cpu = await firstCpuCandidate(candidates, options);
  const network = referenceNetwork();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const engine = await candidate.create(network, options);
  const loadSeconds = (performance.now() - started) / 1000;
  const adapter = candidate.kind === 'gpu' ? (await describeAdapter()).name : null;
  const passes: TimedShape[] = [];
  const logits: Float32Array[] = [];
  for (const shape of BENCHMARK_SHAPES) {
    if (passes.some(({ seconds }) => seconds > FAR_TOO_SLOW_S)) break;
    const { found, ...timed } = await timedPasses(engine, shape);
    passes.push(timed);
    logits.push(found);
    process.send!(known());
  }
  // Before the CPU's engine, whose memory is not this device's.
  const measured = known();
  await engine.dispose();
  if (candidate.id === cpu.id) return measured;
  const reference = await cpu.create(network, options);
  const expected = await reference.logits(0, referenceInput(BENCHMARK_SHAPES[0]));
  return { ...measured, agreement: agreementOf(logits[0], expected) };

  function known(): DeviceBenchmark {
    const memoryMb = Math.max(0, process.resourceUsage().maxRSS / 1024 - before / 2 ** 20);
    return { id, adapter, loadSeconds, passes, memoryMb, agreement: null };
  }
}

async function timedPasses(
  engine: InferenceEngine,
  shape: TimedShape['shape'],
): Promise<TimedShape & { readonly found: Float32Array }> {
  const input = referenceInput(shape);
  const times: number[] = [];
  for (let spent = 0; ; ) {
    const begun = performance.now();
    const found = await engine.logits(0, input);
    times.push(performance.now() - begun);
    spent += times.at(-1)!;
    // One pass tells enough of a device that is far too slow.
    const isHopeless = spent > 1000 * FAR_TOO_SLOW_S;
    const isMore = times.length < 2 || (times.length <= TIMED_PASSES && spent < TIMING_BUDGET_MS);
    if (isMore && !isHopeless) continue;
    const seconds = Math.min(...(times.length > 1 ? times.slice(1) : times)) / 1000;
    return { shape, firstSeconds: times[0] / 1000, seconds, found };
  }
}
