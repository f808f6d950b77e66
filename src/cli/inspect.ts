import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { Host } from '../commands/host.js';
import { scanPaths } from '../commands/scanSummary.js';
import type { DeviceSummary, ImageSummary, ModelSummary } from '../contract/index.js';
import { openModel } from '../model/model.js';
import {
  benchmarkDevices,
  type DeviceBenchmark,
  type DeviceFailure,
  listDevices,
} from '../pipeline/devices.js';
import { inspectImage, summariseModel } from '../pipeline/inspect.js';
import { describeScan } from './scan.js';
import { table } from './table.js';

/** `quorum inspect FILE|FOLDER|MODEL` and `quorum inspect --devices`. */
export function inspectCommand(host: Host): Command {
  return new Command('inspect')
    .description('Show an image file, the examinations in a folder, a model, or the devices of this machine')
    .argument(
      '[path]',
      'an image file, a folder or zip of any depth, or a model folder (default: the shipped model)',
    )
    .option('--devices', 'which devices can run the network, each with the verdict of its self-test')
    .option('--benchmark', 'with --devices: measure each that starts (minutes)')
    .option('--json', 'as JSON')
    .action(async (path: string | undefined, options: { devices?: true; benchmark?: true; json?: true }) => {
      const print = (value: unknown, text: string) =>
        process.stdout.write(`${options.json ? JSON.stringify(value, null, 2) : text}\n`);
      if (options.devices && options.benchmark) {
        const say = (id: string) => process.stderr.isTTY && process.stderr.write(`measuring ${id} …\n`);
        const measured = await benchmarkDevices(say);
        print(measured, describeBenchmark(measured));
      } else if (options.devices) {
        const devices = await listDevices(host.profileFolder, false);
        print(devices, describeDevices(devices));
      } else if (path === undefined || (await isModel(path))) {
        const model = summariseModel(await openModel(path ?? null));
        print(model, describeModel(model));
      } else if (await isFolderOrArchive(path)) {
        const found = await scanPaths([path], host.working);
        print(found, describeScan(found, process.stdout.isTTY ? process.stdout.columns : undefined));
      } else {
        const image = await inspectImage(path);
        print(image, describeImage(image));
      }
    });
}

async function isFolderOrArchive(path: string): Promise<boolean> {
  if (/\.(zip|tar|tgz|tar\.gz)$/i.test(path)) return true;
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

async function isModel(path: string): Promise<boolean> {
  return stat(`${path}/model.json`).then(
    () => true,
    () => false,
  );
}

function describeDevices(devices: readonly DeviceSummary[]): string {
  const rows = devices.map(({ id, engine, name, accepted, reason }) => [
    id,
    engine,
    name,
    accepted ? 'yes' : 'no',
    reason,
  ]);
  return table([['device', 'engine', 'name', 'usable', 'why'], ...rows], 5);
}

function describeBenchmark(measured: readonly (DeviceBenchmark | DeviceFailure)[]): string {
  const failed = measured.filter((one) => 'failure' in one);
  const done = measured.filter((one) => 'passes' in one);
  const rows = done.map(({ id, adapter, loadSeconds, passes, memoryMb, agreement }) => [
    id,
    adapter ?? '',
    loadSeconds.toFixed(2),
    ...(done[0]?.passes ?? []).map((_, n) => passes[n]?.seconds.toFixed(2) ?? '–'),
    memoryMb.toFixed(0),
    agreement ? `${agreement.maxLogitDifference.toExponential(1)}, ${agreement.dice.toFixed(5)}` : '–',
  ]);
  const shapes = done[0]?.passes.map(({ shape }) => `${shape.join('×')} s`) ?? [];
  const columns = ['device', 'name', 'load s', ...shapes, 'MB', 'logits off by, Dice with the CPU'];
  return [
    table([columns, ...rows], 2),
    ...failed.map(({ id, failure }) => `${id}: ${failure}`),
    ...done.flatMap(({ id, stoppedAfter }) =>
      stoppedAfter ? [`${id}: too slow, stopped after ${stoppedAfter} s`] : [],
    ),
    'One pass of the network for one sequence; MB of main memory beyond what the process had before.',
  ].join('\n');
}

function describeImage(image: ImageSummary): string {
  const lines = [
    ['file', image.file],
    ['format', `${image.format}, ${image.datatype}`],
    ['sequence', `${image.sequence} (${image.reason})`],
    ['voxels', image.grid.size.join(' × ')],
    ['spacing', `${image.grid.spacing.map((mm) => mm.toFixed(4)).join(' × ')} mm`],
    ['axes grow to', image.grid.orientation],
    ['values', `${image.minimum} … ${image.maximum}`],
    ['non-zero', `${image.nonZeroMl.toFixed(1)} ml`],
  ];
  for (const remark of image.remarks) lines.push(['note', remark]);
  if (image.labels) lines.push(['labels', image.labels.join(', ')]);
  return lines.map(([what, value]) => `${what.padEnd(13)} ${value}`).join('\n');
}

function describeModel({ folder, hash, parameters, description }: ModelSummary): string {
  return [
    `${folder}`,
    `hash ${hash}`,
    `${parameters.toLocaleString('en')} parameters`,
    JSON.stringify(description, null, 2),
  ].join('\n');
}
