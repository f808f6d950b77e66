/**
 * The network beside peers, in one run on one volume (the box of the sample patient's FLAIR), each in a process of its own: time of a
 * pass, memory, passes for all 15 combinations. Peers from npm are installed into a temporary folder, or looked for in QUORUM_PEERS;
 * what cannot be had is said to be absent. Run by `npm run bench:peers`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peer } from '../../../docs/limits/performance.js';
import type { InferenceEngine, Tensor3 } from '../../../src/engine/engine.js';
import { openStudy } from '../../../src/intake/openStudy.js';
import { writeOnnx } from '../../../src/model/exportOnnx.js';
import { openModel } from '../../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../../src/pipeline/sample.js';
import { prepareCase } from '../../../src/prepare/case.js';
import { networkStripper } from '../../../src/prepare/mindgrab.js';
import { computeLogits } from '../../../src/segment/logits.js';
import { REAL_DATA } from '../../support/data.js';
import { writeLog } from './log.js';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
const threads = String(cpus().length);
const scratch = mkdtempSync(join(tmpdir(), 'quorum-peers-'));

try {
  const input = await inputOf();
  const shape = input.shape.join('x');
  const file = join(scratch, 'input.bin');
  writeFileSync(file, Buffer.from(input.data.buffer));
  const onnx = join(scratch, 'network.onnx');
  await writeOnnx(null, onnx, false);
  const packages = peersFolder();
  const web = ['onnxruntime-web (WebAssembly, in Node)', 'the same network and weights'] as const;
  const wasm = [
    'tfjs, WebAssembly backend (in Node)',
    'random weights, nearest upsampling; a cube of 32 voxels a side',
  ] as const;
  const torch = ['PyTorch', 'random weights, same layers, channels and upsampling'] as const;
  const rows = [
    row('Quorum, onnxruntime-node', 'shipped', shape, () =>
      child(['--import', 'tsx', join(PEERS, 'quorumPass.ts'), 'onnx', file, shape]),
    ),
    row('Quorum, own WebAssembly kernels', 'shipped', shape, () =>
      child(['--import', 'tsx', join(PEERS, 'quorumPass.ts'), 'wasm', file, shape]),
    ),
    row(...web, shape, () => child([join(PEERS, 'ortWeb.mjs'), packages, onnx, file, shape, threads])),
    row(...torch, shape, () =>
      JSON.parse(
        execFileSync('/usr/bin/python3', [join(PEERS, 'torchPass.py'), shape, '0.25', threads], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
      ),
    ),
    row(...wasm, '32x32x32', () => child([join(PEERS, 'tfjsWasm.mjs'), packages, '32x32x32', '0.25', '1'])),
  ];
  writeLog('peers', { rows, strip: await strip() });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** What the network sees of the sample patient's FLAIR. */
async function inputOf(): Promise<Tensor3> {
  const model = await openModel();
  const found: Tensor3[] = [];
  const logits: InferenceEngine['logits'] = async (_, input) => {
    found.push(input);
    return new Float32Array(3 * input.data.length);
  };
  const engine = { name: 'onnx', device: 'none', logits } as unknown as InferenceEngine;
  await computeLogits(
    await prepareCase(await openStudy([SAMPLE_PATIENT]), { use: ['flair'] }),
    model,
    engine,
  );
  return found[0];
}

function row(name: string, note: string, shape: string, work: () => Partial<Peer>): Peer {
  try {
    return { name, note, shape, seconds: null, memoryMb: null, ...work() };
  } catch (error) {
    const absent = (error as Error).message.split('\n')[0].replaceAll(scratch, '').slice(0, 120);
    return { name, note, shape, seconds: null, memoryMb: null, absent };
  }
}

function child(parameters: readonly string[]): Partial<Peer> {
  const text = execFileSync(process.execPath, [...parameters], {
    encoding: 'utf8',
    timeout: 300_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { seconds, memoryMb, version } = JSON.parse(text.trim().split('\n').at(-1)!) as Peer;
  return { seconds, memoryMb, ...(version ? { version } : {}) };
}

/** A folder with the packages of npm that are compared with. */
function peersFolder(): string {
  if (process.env.QUORUM_PEERS) return process.env.QUORUM_PEERS;
  const packages = ['onnxruntime-web', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
  try {
    execFileSync(
      'npm',
      ['install', '--prefix', scratch, '--no-audit', '--no-fund', '--ignore-scripts', ...packages],
      { stdio: 'ignore' },
    );
  } catch {
    console.warn('SKIPPED: peers of npm, they could not be installed');
  }
  return scratch;
}

/** Seconds of mindgrab's skull strip on a head of 240×240×155, where a user's file of it lies in the research data. */
async function strip(): Promise<{ seconds: number } | null> {
  const file = join(REAL_DATA, 'models/mindgrab.onnx');
  if (!existsSync(file)) return null;
  const image = (await prepareCase(await openStudy([SAMPLE_PATIENT]), { use: ['t1'] })).images.t1!;
  const started = performance.now();
  await networkStripper(file)(image, undefined);
  return { seconds: (performance.now() - started) / 1000 };
}
