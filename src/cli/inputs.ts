import type { Command } from 'commander';
import type { PrepareRequest } from '../contract/index.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';

/** Options that say what is read. */
export interface InputOptions extends Partial<Record<Modality, string>> {
  study?: string;
  onePatient?: true;
  acceptGaps?: true;
}

export function inputOptions(command: Command): void {
  command
    .option(
      '--study <number>',
      'which of several examinations: its number in `quorum inspect`, its id, or its Study Instance UID',
    )
    .option(
      '--one-patient',
      'take images for one patient’s one examination although headers leave it in doubt; look at them first',
    );
  command.option(
    '--accept-gaps',
    'use a DICOM series with one missing slice, or with slices that are not evenly spaced, by interpolation, where no whole one serves; results say so',
  );
  for (const modality of MODALITIES)
    command.option(
      `--${modality} <file>`,
      `the ${MODALITY_TITLES[modality]} image; of DICOM a file, folder, series number or id of its series`,
    );
}

export function inputsOf(
  inputs: string[],
  options: InputOptions,
): Pick<PrepareRequest, 'inputs' | 'overrides' | 'study' | 'onePatient' | 'acceptGaps'> {
  const overrides = Object.fromEntries(MODALITIES.flatMap((m) => (options[m] ? [[m, options[m]]] : [])));
  const { study = null, onePatient = false, acceptGaps = false } = options;
  return { inputs, overrides, study, onePatient, acceptGaps };
}
