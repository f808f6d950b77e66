import { Command } from 'commander';
import { hostOf, sweepHost } from '../commands/host.js';
import { QUORUM_VERSION } from '../version.js';
import { fail } from './failure.js';

// onnxruntime reports its use (the name of the model's file included) to its maker unless told not to.
process.env.ORT_DISABLE_TELEMETRY = '1';

const program = new Command('quorum')
  .description(
    'Segments brain tumours from whichever of T1, T1ce, T2 and FLAIR a patient has.\nResearch use only. Not a medical device.',
  )
  .version(QUORUM_VERSION)
  .showHelpAfterError('(quorum --help shows the options)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 some of several cases failed, 130 cancelled',
  );

const host = hostOf();
const sweeping = sweepHost(host);

/** In the order of the help. Each is loaded when it is asked for: all together load nearly all of src, which takes a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  segment: async () => (await import('./segment.js')).segmentCommand(host),
  table: async () => (await import('./cohortTable.js')).tableCommand(),
  followup: async () => (await import('./followUp.js')).followUpCommand(host),
  prepare: async () => (await import('./prepare.js')).prepareCommand(host),
  bids: async () => (await import('./bids.js')).bidsCommand(host),
  inspect: async () => (await import('./inspect.js')).inspectCommand(host),
  import: async () => (await import('./models.js')).importCommand(),
  export: async () => (await import('./models.js')).exportCommand(),
  demo: async () => (await import('./demo.js')).demoCommand(host),
  train: async () => (await import('./train.js')).trainCommand(host),
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand(host),
  measure: async () => (await import('./measure.js')).measureCommand(host),
  serve: async () => (await import('./serve.js')).serveCommand(),
};

const asked = process.argv[2] ?? '';
const isVersion = asked === '-V' || asked === '--version';
const loaded = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]] : isVersion ? [] : Object.values(COMMANDS);
for (const command of await Promise.all(loaded.map((load) => load()))) program.addCommand(command);
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error, process.argv.includes('--json'));
  await host.log.note(process.argv[2] ?? 'quorum', error);
}
await sweeping;
