import { type Command, Option } from 'commander';
import type { PrepareRequest } from '../contract/index.js';
import { MODALITIES, MODALITY_TITLES, type Modality, OPTIONAL_STEPS, type OptionalStep } from '../terms.js';

/** Options that say what is read. */
export interface InputOptions extends Partial<Record<Modality, string>> {
  study?: string;
  onePatient?: true;
  acceptGaps?: true;
}

/** Adds the options that say what is read. */
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

/** Options that say how raw images are prepared. */
export interface PreparationFlags {
  reference?: Modality;
  skip?: OptionalStep[];
  brainMask?: string;
  stripper?: string;
}

/** Adds the options that say how raw images are prepared. */
export function preparationOptions(command: Command): void {
  command
    .addOption(
      new Option('--reference <sequence>', 'the sequence to align the others to').choices(MODALITIES),
    )
    .addOption(new Option('--skip <step...>', 'steps of the preparation to turn off').choices(OPTIONAL_STEPS))
    .option('--brain-mask <file>', 'a brain mask on the prepared case’s grid, e.g. one corrected by hand')
    .option(
      '--stripper <file>',
      'brainchop’s mindgrab.onnx: strips more precisely and slower than the atlas',
    );
}

/** The part of a request that says how raw images are prepared. */
export function preparationOf({ reference, skip, brainMask, stripper }: PreparationFlags) {
  return {
    reference: reference ?? null,
    skip: skip ?? [],
    brainMask: brainMask ?? null,
    stripper: stripper ?? null,
  };
}

/** The part of a request that says what is read. */
export function inputsOf(
  inputs: string[],
  options: InputOptions,
): Pick<PrepareRequest, 'inputs' | 'overrides' | 'study' | 'onePatient' | 'acceptGaps'> {
  const overrides = Object.fromEntries(MODALITIES.flatMap((m) => (options[m] ? [[m, options[m]]] : [])));
  const { study = null, onePatient = false, acceptGaps = false } = options;
  return { inputs, overrides, study, onePatient, acceptGaps };
}
