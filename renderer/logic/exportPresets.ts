import { FORMATS, type FormatChoice, type FormatId, type FormatNeeds } from '../../src/contract/index.js';
import { type Combination, type Modality, REGIONS, type Region } from '../../src/terms.js';

/** Formats that are asked for together. The mask (NIfTI) and report.json are always written. */
export interface ExportPreset {
  readonly title: string;
  readonly about: string;
  readonly formats: readonly FormatId[];
}

export const EXPORT_PRESETS: readonly ExportPreset[] = [
  {
    title: 'For the PACS',
    about: 'The mask as DICOM-SEG, and pictures with outlines and volumes that every viewer shows.',
    formats: ['dicomSeg', 'secondaryCapture'],
  },
  {
    title: 'For research',
    about: 'The mask on each series (NIfTI), and the numbers.',
    formats: ['native', 'csv'],
  },
  {
    title: 'For a paper',
    about: 'The figure as SVG and PNG, the numbers as a table, and the report.',
    formats: ['picture', 'figure', 'csv', 'report'],
  },
  {
    title: 'Everything',
    about: 'Whatever can be made of this case.',
    formats: FORMATS.map(({ id }) => id),
  },
];

const available = (about: FormatNeeds) =>
  FORMATS.filter(({ missing }) => missing(about) === null).map(({ id }) => id);

/** Why a preset has nothing for this case, in words; null where it has something. */
export function whyEmpty({ formats }: ExportPreset, about: FormatNeeds): string | null {
  const can = available(about);
  if (formats.some((id) => can.includes(id))) return null;
  return FORMATS.find(({ id }) => id === formats[0])!.missing(about);
}

/** What a preset, or formats that were kept from the last export, come to for this case. */
export function choiceOf(wanted: readonly string[], about: FormatNeeds): FormatChoice {
  const can = available(about);
  const entries = FORMATS.map(({ id }) => [id, wanted.includes(id) && can.includes(id)]);
  return Object.fromEntries(entries) as FormatChoice;
}

/** The preset that was chosen, or null: formats were picked one by one. */
export function presetOf(choice: FormatChoice, about: FormatNeeds): ExportPreset | null {
  const same = (preset: ExportPreset) => {
    const made = choiceOf(preset.formats, about);
    return whyEmpty(preset, about) === null && FORMATS.every(({ id }) => choice[id] === made[id]);
  };
  return EXPORT_PRESETS.find(same) ?? null;
}

/** What names of files follow from. */
export interface Named {
  readonly name: string;
  readonly sequences: readonly Modality[];
  readonly combinations: readonly Combination[];
  /** Regions that get files of their own. */
  readonly regions: readonly Region[];
}

/** The files of an export by their names, as the list of formats has them; `…` stands for what follows from the content. */
export function filesOf(
  choice: FormatChoice,
  about: FormatNeeds,
  { name, sequences, combinations, regions }: Named,
): string[] {
  const files = [`${name}_seg.nii.gz`, 'report.json'];
  if (about.prepared) files.push(`prepared/${name}_seg.nii.gz`);
  files.push(...combinations.map((one) => `combinations/${one}.nii.gz`));
  for (const format of FORMATS) {
    if (!choice[format.id]) continue;
    for (const [, pattern] of format.files.matchAll(/`([^`]+)`/g)) {
      if (pattern.includes('_spread_') && about.sequences < 2) continue;
      const named = pattern.replace('<case>', name);
      const each = named.includes('<region>')
        ? REGIONS.filter((region) => regions.includes(region)).map((region) =>
            named.replace('<region>', region),
          )
        : named.includes('<sequence>') && !named.includes('<number>')
          ? sequences.map((sequence) => named.replace('<sequence>', sequence))
          : [named.replace(/<\w+>/g, '…')];
      files.push(...each);
    }
  }
  return files;
}
