import { Command } from 'commander';
import { hostOf, sweepHost } from '../commands/host.js';
import { QUORUM_VERSION } from '../version.js';
import { bidsCommand } from './bids.js';
import { tableCommand } from './cohortTable.js';
import { demoCommand } from './demo.js';
import { evaluateCommand } from './evaluate.js';
import { fail } from './failure.js';
import { followUpCommand } from './followUp.js';
import { inspectCommand } from './inspect.js';
import { measureCommand } from './measure.js';
import { exportCommand, importCommand } from './models.js';
import { prepareCommand } from './prepare.js';
import { segmentCommand } from './segment.js';
import { serveCommand } from './serve.js';
import { trainCommand } from './train.js';

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
program.addCommand(segmentCommand(host));
program.addCommand(tableCommand());
program.addCommand(followUpCommand(host));
program.addCommand(prepareCommand(host));
program.addCommand(bidsCommand(host));
program.addCommand(inspectCommand(host));
program.addCommand(importCommand());
program.addCommand(exportCommand());
program.addCommand(demoCommand(host));
program.addCommand(trainCommand(host));
program.addCommand(evaluateCommand(host));
program.addCommand(measureCommand(host));
program.addCommand(serveCommand());
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error, process.argv.includes('--json'));
  await host.log.note(process.argv[2] ?? 'quorum', error);
}
await sweeping;
