import { titles } from '../../contract/warnings.js';
import { bidsDerivative, bidsNames } from '../../export/bids.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { inScheme, LABEL_VALUES, REGION_OF_LABEL } from '../../masks/labels.js';
import { membersOf } from '../../terms.js';
import { writeNifti } from '../../volume/niftiWriter.js';
import type { FormatWriter } from '../format.js';

/** A folder that is a BIDS derivative dataset of this one case: the result's mask with its labels and what made it. */
export const bids: FormatWriter = {
  planned: ({ name }) => Object.values(bidsNames(name)),
  write: async (work) => {
    const { subject, plan, main, around, stage, context, onSeries } = work;
    context.report('BIDS', 0);
    const { description, hash } = subject.result.model;
    const names = bidsNames(plan.name);
    const values = LABEL_VALUES[plan.options.labels];
    const texts = bidsDerivative({
      quorumVersion: around.quorumVersion,
      modelName: description.name,
      modelVersion: description.version,
      modelHash: hash,
      sequences: titles(membersOf(main.combination)),
      threshold: plan.options.threshold ?? description.threshold,
      isEdited: main.isEdited,
      labels: {
        core: { value: values.core, isGuess: !plan.supported[REGION_OF_LABEL.core] },
        oedema: { value: values.oedema, isGuess: !plan.supported[REGION_OF_LABEL.oedema] },
        enhancing: { value: values.enhancing, isGuess: !plan.supported[REGION_OF_LABEL.enhancing] },
      },
    });
    for (const part of ['dataset', 'readme', 'sidecar', 'labels'] as const)
      await writeFileAtomically(await stage(names[part]), [Buffer.from(texts[part])]);
    const reference = plan.sources.find(({ modality }) => modality === plan.reference);
    const { grid, form } = subject.result;
    const { header, labels } = reference
      ? await onSeries(reference)
      : { header: { ...grid, niftiHeader: form }, labels: main.labels };
    const data = inScheme(labels, plan.options.labels);
    const { size, affine, niftiHeader } = header;
    await writeNifti(await stage(names.mask), { size, affine, data }, { form: niftiHeader });
  },
};
