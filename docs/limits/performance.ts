import type { Timing } from '../../src/commands/timing.js';
import type { DeviceBenchmark, DeviceFailure } from '../../src/engine/devices/benchmark.js';
import { type About, MISSING, markdownTable, measuredOn, middle } from './words.js';

interface TimingRun {
  readonly case: string;
  readonly cores: number;
  /** Threads as on a machine with so many cores, on fewer. */
  readonly simulated?: boolean;
  readonly timing: Timing;
  readonly mask: string;
}

/** A row of the table of peers: one pass, in a process of its own. */
export interface Peer {
  readonly name: string;
  readonly note: string;
  readonly shape: string;
  readonly seconds: number | null;
  readonly memoryMb: number | null;
  readonly version?: string;
  readonly absent?: string;
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** How a case's four passes ran; medians. */
interface PassWay extends Run {
  readonly name: string;
  readonly peakMb: number;
  /** Passes at once. */
  readonly beside: number;
}

export interface PerformanceLogs {
  readonly beforeAfter: (About & { before: Run; after: Run; sameMask: boolean }) | null;
  readonly timing: (About & { runs: TimingRun[] }) | null;
  readonly passes: (About & { rounds: number; ways: PassWay[]; sameLogits: boolean }) | null;
  readonly window:
    | (About &
        Record<'masks' | 'faders' | 'thresholds' | 'paints' | 'starts', number[]> & {
          moved?: number[];
          opened?: number;
          dicom: number;
          grid: string;
        })
    | null;
  readonly devices: (About & { devices: (DeviceBenchmark | DeviceFailure)[] }) | null;
  readonly peers: (About & { rows: Peer[]; strip: { seconds: number } | null }) | null;
}

export function performancePage({
  beforeAfter,
  timing,
  passes,
  window,
  devices,
  peers,
}: PerformanceLogs): string {
  return `# How fast it is

Made by \`npm run bench:limits\` from the logs in docs/limits. Times depend on what else the machine does: the load is given, and what is compared was measured in one run.

## Where a case's time goes

\`quorum segment --timing\` shows this for any case; with \`--json\` as a last line. Nothing is recorded without it.

${timing ? `${measuredOn(timing)}\n\n${timingTable(timing.runs)}\n\n${sameMasks(timing.runs)}\n\n${besideTable(timing.runs)}\n\n${shownRuns(timing.runs).map(waterfall).join('\n\n')}` : MISSING}

${beforeAfter ? changeLine(beforeAfter) : ''}

What runs on several cores: the registrations, each in a thread of its own, beside each other; the passes of the network, each in a thread of its own that has further threads of onnxruntime's. All else runs on the main thread, one stage after the other, but beside these: the next sequence is made ready, and what came out is rounded, while others pass. The passes cannot begin while others register: the brain mask needs all sequences, and what a pass sees is cut by it. Cases side by side are processes of their own in the window; in the terminal (\`--at-once\`) they share one main thread and the passes' threads.

${passes ? passesPart(passes) : `The four passes side by side: ${MISSING}`}

## At the window

${window ? `${measuredOn(window)} From the call to the voxels in hand, through the built services, the worker a process of its own.\n\n${windowTable(window)}` : MISSING}

## Devices

\`quorum inspect --devices --benchmark\`: one pass of the network for one sequence, each device in a process of its own. Automatic takes the fastest device that passed its test; *Test again* in Settings tests anew. No real GPU was here: SwiftShader computes WebGPU on the processor.

${devices ? `${measuredOn(devices)}\n\n${devicesTable(devices.devices)}` : MISSING}

## Beside others

\`npm run bench:peers\`: one volume, one run, each in a process of its own. Quorum runs its network once per sequence, 4 times for all 15 combinations, which are arithmetic on that; whoever runs this network does. A network that takes all sequences as channels, and zeros for those that are missing, must run once per combination, 15 times.

${peers ? `${measuredOn(peers)}\n\n${peersTable(peers.rows)}\n\n${stripLine(peers.strip)}` : MISSING}

Not run here: MONAI and nnU-Net themselves (no packages of Debian or npm), CUDA, and brainchop (no package of npm; its network mindgrab was run through onnxruntime where its file was there). What their authors state, and we did not measure: nnU-Net's usual configuration trains with 7.7 GB of GPU memory in 9 hours (Isensee et al. 2024, arXiv 2404.09556, its table of presets); mindgrab has 146,237 parameters and is at least twice as fast as SynthStrip with its 2,566,561 (arXiv 2506.11860).
`;
}

const WIDTH = 32;
const coresOf = ({ cores, simulated }: TimingRun) => (simulated ? `as if ${cores}` : `${cores}`);

function timingTable(runs: readonly TimingRun[]): string {
  const rows = runs.map((run) => {
    const { seconds, busyCores, lanes } = run.timing;
    const times = [seconds, lanes.several, lanes.one, lanes.none].map((s) => s.toFixed(1));
    return [run.case, coresOf(run), ...times, busyCores.toFixed(2)];
  });
  const columns = [
    'case',
    'cores',
    'seconds',
    'several threads at work',
    'one',
    'none that is told',
    'cores busy',
  ];
  const simulated = runs.some((run) => run.simulated)
    ? '“As if 4” and “as if 8”: as many threads as on such a machine, on the cores that are here. Their seconds say nothing of such a machine; the trace says what runs beside what.\n\n'
    : '';
  return `${simulated}${markdownTable(columns, rows)}`;
}

/** The case with the most stages, on the most threads: which stages ran beside others. */
function besideTable(runs: readonly TimingRun[]): string {
  const run = runs.filter((one) => one.case === runs[0].case).at(-1)!;
  const stages = new Map<string, { seconds: number; beside: number; most: number }>();
  for (const span of run.timing.spans) {
    const others = run.timing.spans.filter((one) => one.lane !== span.lane);
    const edges = [span.start, span.end, ...others.flatMap(({ start, end }) => [start, end])]
      .filter((at) => at >= span.start && at <= span.end)
      .sort((a, b) => a - b);
    const entry = stages.get(span.stage) ?? { seconds: 0, beside: 0, most: 1 };
    stages.set(span.stage, entry);
    for (const [n, to] of edges.entries()) {
      if (n === 0) continue;
      const lanes = new Set(
        others.filter(({ start, end }) => start <= edges[n - 1] && end >= to).map(({ lane }) => lane),
      );
      entry.seconds += to - edges[n - 1];
      if (lanes.size > 0 && to > edges[n - 1]) {
        entry.beside += to - edges[n - 1];
        entry.most = Math.max(entry.most, lanes.size + 1);
      }
    }
  }
  const rows = [...stages]
    .filter(([, { seconds }]) => seconds >= 0.01 * run.timing.seconds)
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .map(([stage, { seconds, beside, most }]) => [
      stage,
      seconds.toFixed(1),
      `${((100 * beside) / seconds).toFixed(0)} %`,
      `${most}`,
    ]);
  return `Which stages of the ${run.case} case ran beside others, ${coresOf(run)} cores (a stage’s seconds are summed over sequences; a pass of the network is one thread here, and has threads of its own):\n\n${markdownTable(['stage', 'seconds', 'beside others', 'most threads at once'], rows)}`;
}

/** Of each case the run on all cores that are here, and that with the most threads. */
function shownRuns(runs: readonly TimingRun[]): TimingRun[] {
  return [...new Set(runs.map((run) => run.case))].flatMap((name) => {
    const own = runs.filter((run) => run.case === name);
    const real = own.filter(({ simulated }) => !simulated).at(-1)!;
    return real === own.at(-1) ? [real] : [real, own.at(-1)!];
  });
}

function waterfall(run: TimingRun): string {
  const { case: name, timing } = run;
  const rows = timing.spans
    .filter(({ start, end }) => end - start >= 0.02 * timing.seconds || end - start >= 1)
    .map(({ stage, about, lane, start, end, busyCores }) => {
      const from = Math.floor((start / timing.seconds) * WIDTH);
      const to = Math.max(from + 1, Math.round((end / timing.seconds) * WIDTH));
      const what = about === null ? stage : `${stage}: ${about}`;
      return `${what.padEnd(24)} ${lane.padEnd(14)} ${start.toFixed(1).padStart(6)} ${(end - start).toFixed(1).padStart(6)} ${busyCores.toFixed(1).padStart(5)}  ${' '.repeat(from)}${'█'.repeat(to - from)}`;
    });
  const { several, one, none } = timing.lanes;
  return `**${name}, ${coresOf(run)} core${run.cores > 1 ? 's' : ''}: ${timing.seconds.toFixed(1)} s.** Several threads at work for ${several.toFixed(1)} s, one for ${one.toFixed(1)} s, none that is told for ${none.toFixed(1)} s. Stages of less than 2 % are left out.

\`\`\`
${'stage'.padEnd(24)} ${'thread'.padEnd(14)} ${'from s'.padStart(6)} ${'s'.padStart(6)} cores
${rows.join('\n')}
\`\`\``;
}

function passesPart(log: NonNullable<PerformanceLogs['passes']>): string {
  const rows = log.ways.map(({ name, beside, seconds, cpuSeconds, peakMb }) => [
    ...[name, `${beside}`, seconds.toFixed(1), cpuSeconds.toFixed(1), peakMb.toFixed(0)],
  ]);
  const head = ['the four passes', 'at once', 'seconds', 'processor seconds', 'MB at most'];
  const logits = log.sameLogits ? 'All logits have the same bytes.' : '**The logits differ.**';
  return `The sample patient's four passes, from the images in memory to rounded logits, the engine opened and closed; medians of ${log.rounds} rounds in turns. As many run at once as there are threads and memory for (\`src/engine/onnx/passesSideBySide.ts\`), so that the next image is made ready and results are rounded while others pass; a number that would leave one over is not taken: three sequences on two cores follow one another, each on both. ${logits} ${measuredOn(log)}

${markdownTable(head, rows)}`;
}

function changeLine(log: NonNullable<PerformanceLogs['beforeAfter']>): string {
  const told = ({ seconds, cpuSeconds }: Run) =>
    `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of the processors)`;
  const masks = log.sameMask ? 'The masks have the same bytes.' : '**The masks differ.**';
  return `The raw case in the build before this work and in this one, one after the other: ${told(log.before)}, ${told(log.after)}. ${masks} ${measuredOn(log)}`;
}

function sameMasks(runs: readonly TimingRun[]): string {
  const cases = [...new Set(runs.map((run) => run.case))];
  return cases
    .map((name) => {
      const masks = new Set(runs.filter((run) => run.case === name).map(({ mask }) => mask));
      return masks.size === 1
        ? `The ${name} case's mask has the same bytes on every number of cores.`
        : `**The ${name} case's masks differ between numbers of cores.**`;
    })
    .join(' ');
}

function windowTable({
  masks,
  opened,
  faders,
  thresholds,
  moved = [],
  dicom,
  paints,
  starts,
}: NonNullable<PerformanceLogs['window']>): string {
  const row = (what: string, wanted: string, values: readonly number[]) =>
    values.length === 0
      ? [what, wanted, 'not measured', '']
      : [what, wanted, `${middle(values).toFixed(0)} ms`, `${Math.max(...values).toFixed(0)} ms`];
  return markdownTable(
    ['', 'wanted', 'median', 'most'],
    [
      row('mask of another combination', '50 ms', masks),
      ...(opened === undefined ? [] : [row('the faders opened, for the first time', '', [opened])]),
      row('a fader moved', '100 ms', faders),
      row('the threshold moved', '100 ms', thresholds),
      ...(moved.length === 0 ? [] : [row('the threshold moved, with clean-up', '100 ms', moved)]),
      row('first content of the page, browser mode', '1,500 ms', paints),
      row('the same from starting `quorum serve`', '', starts),
      row('an examination of 2,000 DICOM files opened', '3,000 ms', [dicom]),
    ],
  );
}

function devicesTable(devices: readonly (DeviceBenchmark | DeviceFailure)[]): string {
  const done = devices.filter((one) => 'passes' in one);
  const failed = devices.filter((one) => 'failure' in one);
  const shapes = done[0]?.passes.map(({ shape }) => `${shape.join('×')} s`) ?? [];
  const stopped = done.flatMap(({ id, stoppedAfter }) =>
    stoppedAfter ? [`\`${id}\` was too slow and was stopped after ${stoppedAfter} s.`] : [],
  );
  const rows = done.map(({ id, adapter, loadSeconds, passes, memoryMb, agreement }) => [
    adapter ? `${id} (${adapter})` : id,
    loadSeconds.toFixed(2),
    ...(done[0]?.passes ?? []).map((_, n) => passes[n]?.seconds.toFixed(2) ?? '–'),
    memoryMb.toFixed(0),
    agreement ? agreement.maxLogitDifference.toExponential(1) : '–',
    agreement ? agreement.dice.toFixed(5) : '–',
  ]);
  const table = markdownTable(
    ['device', 'load s', ...shapes, 'MB', 'largest logit difference from the CPU', 'Dice'],
    rows,
  );
  const failures = failed.map(({ id, failure }) => `\`${id}\` could not be measured: ${failure}.`);
  return [table, ...stopped, ...failures].join('\n\n');
}

function peersTable(rows: readonly Peer[]): string {
  return markdownTable(
    ['', 'weights', 'volume', 'one pass s', '4 passes s', '15 passes s', 'MB'],
    rows.map(({ name, note, shape, seconds, memoryMb, version, absent }) => {
      return [
        version ? `${name} ${version}` : name,
        note,
        shape.replaceAll('x', '×'),
        seconds === null ? `not run: ${absent}` : seconds.toFixed(2),
        seconds === null ? '' : (4 * seconds).toFixed(1),
        seconds === null ? '' : (15 * seconds).toFixed(1),
        memoryMb === null ? '' : memoryMb.toFixed(0),
      ];
    }),
  );
}

function stripLine(strip: { seconds: number } | null): string {
  if (!strip) return 'mindgrab’s file was not there: the skull strip by network was not timed.';
  return `The skull strip by mindgrab (240×240×155, onnxruntime) took ${strip.seconds.toFixed(1)} s.`;
}
