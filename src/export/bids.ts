import { OUTLINE_COLOURS } from './dicom/colours.js';

/** The release of the specification whose rules for derivatives are followed. */
const BIDS_VERSION = '1.10.0';

/** The folder of the derivative dataset among a case's results. */
export const BIDS_FOLDER = 'bids';

interface BidsNames {
  readonly dataset: string;
  readonly readme: string;
  readonly mask: string;
  readonly sidecar: string;
  readonly labels: string;
}

/**
 * Where the parts of a BIDS derivative lie, relative to the output folder. Subject and session are those that the case's name has
 * (`sub-…`, `ses-…`); a name without is the subject's label, less what is neither letter nor digit.
 */
export function bidsNames(caseName: string): BidsNames {
  const entity = (key: string) => new RegExp(`(?:^|_)${key}-([0-9A-Za-z]+)`).exec(caseName)?.[1];
  const letters = caseName.normalize('NFKD').replace(/[^0-9A-Za-z]/g, '');
  const subject = `sub-${entity('sub') ?? (letters || 'case')}`;
  const label = entity('ses');
  const session = label === undefined ? [] : [`ses-${label}`];
  const stem = [subject, ...session, 'space-orig', 'desc-quorum', 'dseg'].join('_');
  const path = [BIDS_FOLDER, subject, ...session, 'anat', stem].join('/');
  return {
    dataset: `${BIDS_FOLDER}/dataset_description.json`,
    readme: `${BIDS_FOLDER}/README`,
    mask: `${path}.nii.gz`,
    sidecar: `${path}.json`,
    labels: `${path}.tsv`,
  };
}

interface BidsLabel {
  readonly value: number;
  /** These sequences do not support its region. */
  readonly isGuess: boolean;
}

export interface BidsSource {
  readonly quorumVersion: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** SHA-256 of the model, hexadecimal. */
  readonly modelHash: string;
  /** As people read them, e.g. `T1 + FLAIR`. */
  readonly sequences: string;
  readonly threshold: number;
  readonly isEdited: boolean;
  readonly labels: Readonly<Record<'core' | 'oedema' | 'enhancing', BidsLabel>>;
}

const LABELS = [
  { key: 'core', name: 'non-enhancing core', abbreviation: 'NCR', colour: OUTLINE_COLOURS[1] },
  { key: 'oedema', name: 'oedema or infiltration', abbreviation: 'ED', colour: OUTLINE_COLOURS[2] },
  { key: 'enhancing', name: 'enhancing tumour', abbreviation: 'ET', colour: OUTLINE_COLOURS[4] },
] as const;

/** "Lesion" in BIDS's list of common labels. */
const LESION = 7;
const NOTICE = 'Research use only. Not a medical device.';

/** The texts of a BIDS derivative: dataset_description.json, README, and the mask's sidecar and table of labels. */
export function bidsDerivative(source: BidsSource): Omit<Record<keyof BidsNames, string>, 'mask'> {
  const { quorumVersion, modelName, modelVersion, modelHash, sequences, threshold, isEdited } = source;
  const guesses = LABELS.filter(({ key }) => source.labels[key].isGuess).map(({ name }) => name);
  return {
    dataset: bidsDescription(quorumVersion, null, `Model ${modelName} ${modelVersion}. ${NOTICE}`),
    readme: bidsReadme(),
    sidecar: json({
      Description: `Brain tumour from ${sequences}${isEdited ? ', edited by hand' : ''}. ${NOTICE}`,
      SpatialReference: 'orig',
      Manual: isEdited,
      Sequences: sequences,
      Model: `${modelName} ${modelVersion}`,
      ModelSHA256: modelHash,
      Threshold: threshold,
      NotReliable: guesses,
    }),
    labels: table(source),
  };
}

/**
 * dataset_description.json of a derivative dataset.
 *
 * @param source the raw dataset's name, where it is of a whole dataset.
 */
export function bidsDescription(quorumVersion: string, source: string | null, about = NOTICE): string {
  return json({
    Name: `Quorum: segmentation of brain tumours${source === null ? '' : ` in ${source}`}`,
    BIDSVersion: BIDS_VERSION,
    DatasetType: 'derivative',
    GeneratedBy: [{ Name: 'Quorum', Version: quorumVersion, Description: about }],
  });
}

export const bidsReadme = () => `Segmentation of brain tumours by Quorum. ${NOTICE}\n`;

/** What a validator is to pass over: the reports, the table of a group, and the folder of Quorum's own results. */
export const bidsIgnore = (casesFolder: string) => `*.html\ngroup_*\n${casesFolder}/\n`;

function table({ labels }: BidsSource): string {
  const hex = (colour: readonly number[]) =>
    `#${colour.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
  const rows = LABELS.map(({ key, name, abbreviation, colour }) => {
    const { value, isGuess } = labels[key];
    return [value, isGuess ? `${name} (guess)` : name, abbreviation, hex(colour), LESION];
  });
  return [['index', 'name', 'abbreviation', 'color', 'mapping'], ...rows]
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
