import { Command, Option } from 'commander';
import { type BidsGroup, runGroup } from '../commands/bids/group.js';
import { type BidsParticipants, runParticipants } from '../commands/bids/participants.js';
import type { Host } from '../commands/host.js';
import { type BidsRequest, bidsRequestSchema } from '../contract/commands.js';
import { checkRequest } from '../contract/index.js';
import { RESEARCH_NOTICE } from '../contract/report.js';
import type { JobContext } from '../jobs/context.js';
import type { Modality } from '../terms.js';
import { exitCodeOf } from './failure.js';
import { follow } from './follow.js';
import { parseModalities } from './modalities.js';
import { parseCount } from './numbers.js';
import { outcomeLines } from './results.js';

/** `quorum bids BIDS_DIR OUT participant|group`, by the conventions of BIDS Apps. */
export function bidsCommand(host: Host): Command {
  return new Command('bids')
    .description(
      'A BIDS App: segment the participants of a BIDS dataset into a derivative dataset, or make one table of them',
    )
    .argument('<bids_dir>', 'the BIDS dataset')
    .argument('<output_dir>', 'where the derivative dataset is written, e.g. BIDS_DIR/derivatives/quorum')
    .argument('<level>', 'participant: segment; group: one table, joined with participants.tsv')
    .option('--participant-label <labels...>', 'only these participants, with or without “sub-”')
    .option('--session-label <labels...>', 'only these sessions, with or without “ses-”')
    .option('--skip-bids-validation', 'do not ask for a dataset_description.json')
    .option('-m, --model <dir>', 'model folder (default: the shipped model)')
    .option('--use <list>', 'only these sequences, e.g. t1,flair', parseModalities)
    .option(
      '--unsupported',
      'give numbers and files of regions that the sequences do not support, as guesses',
    )
    .option(
      '--force',
      'take images as they are although they are not skull-stripped, not about 1 mm or not on one grid; the report says so',
    )
    .option('--no-prepare', 'refuse raw images instead of preparing them')
    .option('--one-patient', 'take images for one examination although headers leave it in doubt')
    .option('--overwrite', 'replace earlier results of Quorum that are unchanged since')
    .option('--device <id>', 'auto, cpu, or an id of `quorum inspect --devices`', 'auto')
    .option('--n-cpus <n>', 'CPU threads; never changes a mask', parseCount)
    .option('--mem-mb <mb>', 'how much label maps may take at once; never changes a mask', parseCount)
    .option('--json', 'progress and result as JSON lines')
    .addOption(new Option('--participant_label <labels...>', 'as --participant-label').hideHelp())
    .addOption(new Option('--session_label <labels...>', 'as --session-label').hideHelp())
    .addOption(new Option('--skip_bids_validator', 'as --skip-bids-validation').hideHelp())
    .addOption(new Option('--n_cpus <n>', 'as --n-cpus').argParser(parseCount).hideHelp())
    .addOption(new Option('--mem_mb <mb>', 'as --mem-mb').argParser(parseCount).hideHelp())
    .action(async (dataset: string, output: string, level: string, options: BidsOptions) => {
      const request = checkRequest(bidsRequestSchema, requestOf(dataset, output, level, options));
      const result = await follow('segment', options.json === true, (context) => run(request, host, context));
      if (!options.json) process.stdout.write(`${describe(result, output)}\n`);
      if (result.kind === 'participants') process.exitCode = exitCodeOf(result.cases);
    });
}

interface BidsOptions {
  participantLabel?: string[];
  participant_label?: string[];
  sessionLabel?: string[];
  session_label?: string[];
  skipBidsValidation?: true;
  skip_bids_validator?: true;
  model?: string;
  use?: Modality[];
  unsupported?: true;
  force?: true;
  prepare: boolean;
  onePatient?: true;
  overwrite?: true;
  device: string;
  nCpus?: number;
  n_cpus?: number;
  memMb?: number;
  mem_mb?: number;
  json?: true;
}

function requestOf(dataset: string, output: string, level: string, options: BidsOptions) {
  const memory = options.memMb ?? options.mem_mb;
  return {
    dataset,
    output,
    level,
    participants: [...(options.participantLabel ?? []), ...(options.participant_label ?? [])],
    sessions: [...(options.sessionLabel ?? []), ...(options.session_label ?? [])],
    skipValidation: options.skipBidsValidation ?? options.skip_bids_validator ?? false,
    model: options.model ?? null,
    use: options.use ?? null,
    unsupported: options.unsupported ?? false,
    force: options.force ?? false,
    prepare: options.prepare,
    onePatient: options.onePatient ?? false,
    overwrite: options.overwrite ?? false,
    device: options.device,
    threads: options.nCpus ?? options.n_cpus ?? null,
    ...(memory === undefined ? {} : { memoryMb: memory }),
  };
}

async function run(
  request: BidsRequest,
  host: Host,
  context: JobContext,
): Promise<BidsParticipants | BidsGroup> {
  return request.level === 'group' ? runGroup(request) : runParticipants(request, host, context);
}

function describe(result: BidsParticipants | BidsGroup, output: string): string {
  if (result.kind === 'group')
    return [
      `${result.rows} rows: ${result.file}`,
      ...result.missing.map((name) => `not in it: ${name} (no finished result)`),
    ].join('\n');
  return [
    ...outcomeLines(result.cases),
    ...result.withoutAnat.map((name) => `${name}: no folder anat`),
    `Results: ${output}`,
    RESEARCH_NOTICE,
  ].join('\n');
}
