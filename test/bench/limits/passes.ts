/**
 * A case's four passes one after the other, as before they ran side by side, and as they run now: seconds, processor seconds, memory, and the
 * same logits. Each in a process of its own, in turns. Run by `npm run bench:limits`; the case is the sample patient.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../../src/intake/openStudy.js';
import { openModel } from '../../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../../src/pipeline/sample.js';
import { prepareCase } from '../../../src/prepare/case.js';
import { computeLogits } from '../../../src/segment/logits.js';
import { MODALITIES } from '../../../src/terms.js';
import { median, writeLog } from './log.js';

const ROUNDS = 5;
const cores = availableParallelism();

/** How the passes run: one image made ready and passed after the other, one pass at a time, or as many as the threads allow. */
const WAYS = [
  { name: 'one after the other', threads: cores, inTurn: true },
  { name: 'the next image made ready meanwhile', threads: cores, most: 1 },
  { name: 'side by side', threads: cores },
  { name: 'side by side, as if 4 cores', threads: 4 },
] as const satisfies readonly Way[];

interface Way {
  readonly name: string;
  readonly threads: number;
  readonly inTurn?: true;
  readonly most?: number;
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly beside: number;
  readonly logits: string;
}

if (process.argv[2] === undefined) {
  const runs = new Map<string, Run[]>(WAYS.map(({ name }) => [name, []]));
  const file = fileURLToPath(import.meta.url);
  for (let round = 0; round < ROUNDS; round++)
    for (const [n, { name }] of WAYS.entries())
      runs
        .get(name)!
        .push(JSON.parse(execFileSync('npx', ['tsx', file, `${n}`], { encoding: 'utf8' })) as Run);
  const all = [...runs.values()].flat();
  const ways = [...runs].map(([name, own]) => ({
    ...{ name, beside: own[0].beside },
    seconds: median(own.map(({ seconds }) => seconds)),
    cpuSeconds: median(own.map(({ cpuSeconds }) => cpuSeconds)),
    peakMb: median(own.map(({ peakMb }) => peakMb)),
  }));
  writeLog('passes', {
    rounds: ROUNDS,
    ways,
    sameLogits: new Set(all.map(({ logits }) => logits)).size === 1,
  });
  console.log(ways);
} else {
  console.log(JSON.stringify(await passes(WAYS[Number(process.argv[2])])));
}

async function passes({ threads, inTurn, most }: Way): Promise<Run> {
  const model = await openModel();
  const prepared = await prepareCase(await openStudy([SAMPLE_PATIENT]));
  const cpu = process.cpuUsage();
  const started = performance.now();
  const engine = await createOnnxEngine({
    ...{ parameters: model.parameters, layers: model.layers, modalityCount: 4, threads },
    ...(most === undefined ? {} : { most }),
  });
  const present = MODALITIES.filter((m) => prepared.images[m]);
  const maps = [];
  for (const part of inTurn ? present.map((m) => [m]) : [present]) {
    const images = Object.fromEntries(part.map((m) => [m, prepared.images[m]!]));
    maps.push(...(await computeLogits({ ...prepared, images }, model, engine)).maps);
  }
  const beside = inTurn ? 1 : engine.sideBySide!(most ?? present.length, [80, 96, 112]);
  await engine.dispose();
  const { user, system } = process.cpuUsage(cpu);
  const hash = createHash('sha256');
  for (const { data } of maps) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
    beside,
    logits: hash.digest('hex').slice(0, 16),
  };
}
