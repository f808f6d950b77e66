import { Command } from 'commander';
import { type SegmentResult, segmentInputs } from '../commands/batch.js';
import type { Host } from '../commands/host.js';
import { segmentRequestSchema } from '../contract/commands.js';
import { checkRequest } from '../contract/index.js';
import { SAMPLE_PATIENT } from '../pipeline/sample.js';
import { follow } from './follow.js';
import { describeCase } from './results.js';

/** `quorum demo`: the simulated sample patient, segmented from every subset of its sequences. */
export function demoCommand(host: Host): Command {
  return new Command('demo')
    .description('Segment the simulated sample patient from all 15 combinations of its sequences')
    .option('-o, --out <dir>', 'where results are written', 'out/demo')
    .option('--json', 'progress and result as JSON lines')
    .action(async (options: { out: string; json?: true }) => {
      const request = checkRequest(segmentRequestSchema, {
        inputs: [SAMPLE_PATIENT],
        output: options.out,
        allCombinations: true,
        picture: true,
        overwrite: true,
      });
      const result = (await follow('segment', options.json === true, (context) =>
        segmentInputs(request, host, context),
      )) as Extract<SegmentResult, { kind: 'case' }>;
      if (options.json) return;
      const where = `Look at ${options.out}/${result.case}_picture.png; every mask lies in ${options.out}/combinations.`;
      process.stdout.write(
        `The sample patient is SIMULATED (resources/sample/README.md).\n\n${describeCase(result, options.out)}\n${where}\n`,
      );
    });
}
