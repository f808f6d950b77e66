import { Command } from 'commander';
import type { Client } from '../contract/index.js';
import { SAMPLE_PATIENT, type SegmentResult } from '../session/services.js';
import { followJob } from './follow.js';
import { describeCase } from './results.js';

/** `quorum demo`: the simulated sample patient, segmented from every subset of its sequences. */
export function demoCommand(services: Client): Command {
  return new Command('demo')
    .description('Segment the simulated sample patient from all 15 combinations of its sequences')
    .option('-o, --out <dir>', 'where results are written', 'out/demo')
    .option('--json', 'progress and result as JSON lines')
    .action(async (options: { out: string; json?: true }) => {
      const start = () =>
        services.call('segment.start', {
          inputs: [SAMPLE_PATIENT],
          output: options.out,
          allCombinations: true,
          picture: true,
          overwrite: true,
        });
      const result = (await followJob(services, start, options.json === true)) as Extract<
        SegmentResult,
        { kind: 'case' }
      >;
      if (options.json) return;
      const where = `Look at ${options.out}/${result.case}_picture.png; every mask lies in ${options.out}/combinations.`;
      process.stdout.write(
        `The sample patient is SIMULATED (resources/sample/README.md).\n\n${describeCase(result, options.out)}\n${where}\n`,
      );
    });
}
