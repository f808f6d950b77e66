import { stat } from 'node:fs/promises';
import { refuseOutputBesideFiles, refuseOutputInsideInput } from '../export/output.js';

/** @throws QuorumError OUTPUT_INSIDE_INPUT where results would lie among images. */
export async function refuseOutputInside(output: string, inputs: readonly string[]): Promise<void> {
  const folders: string[] = [];
  for (const input of inputs)
    if (
      await stat(input).then(
        (info) => info.isDirectory(),
        () => false,
      )
    )
      folders.push(input);
  await refuseOutputInsideInput(output, folders);
  await refuseOutputBesideFiles(output, inputs);
}
