import { Command } from 'commander';
import { writeOnnx } from '../model/exportOnnx.js';
import { importWeights } from '../model/importWeights.js';
import { summariseModel } from '../pipeline/inspect.js';

/** `quorum import WEIGHTS.safetensors --out MODEL`. */
export function importCommand(): Command {
  return new Command('import')
    .description('Make a model folder of weights trained elsewhere (safetensors, PyTorch parameter names)')
    .argument('<weights>', 'a .safetensors file')
    .requiredOption('-o, --out <dir>', 'the model folder to make')
    .option('--name <name>', 'the model’s name')
    .option('--json', 'as JSON')
    .action(async (weights: string, options: { out: string; name?: string; json?: true }) => {
      const named = options.name === undefined ? {} : { name: options.name };
      const model = summariseModel(await importWeights(weights, options.out, named));
      const text = `${model.folder}: ${model.parameters.toLocaleString('en')} parameters, hash ${model.hash}\nNothing is known about its accuracy; model.json says so.`;
      process.stdout.write(`${options.json ? JSON.stringify(model) : text}\n`);
    });
}

/** `quorum export MODEL --onnx FILE`. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Write a model’s network as an ONNX file: the one that Quorum itself runs')
    .argument('[model]', 'model folder (default: the shipped model)')
    .requiredOption('--onnx <file>', 'the file to write')
    .option('--overwrite', 'replace the file')
    .option('--json', 'as JSON')
    .action(async (folder: string | undefined, options: { onnx: string; overwrite?: true; json?: true }) => {
      const written = await writeOnnx(folder ?? null, options.onnx, options.overwrite ?? false);
      const text = `${written.file}: ${(written.bytes / 1e6).toFixed(1)} MB. Inputs: input (1, 1, D, H, W), modality (index of T1, T1ce, T2, FLAIR).`;
      process.stdout.write(`${options.json ? JSON.stringify(written) : text}\n`);
    });
}
