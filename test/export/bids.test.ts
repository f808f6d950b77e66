import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BidsSource, bidsDerivative, bidsNames } from '../../src/export/bids.js';

/**
 * The rules that apply here, written down from the BIDS schema (release 1.10.0): rules/entities.yaml (order of entities),
 * files/deriv/imaging.yaml (discrete segmentations), dataset_metadata.yaml, sidecars/derivatives/common_derivatives.yaml, and the
 * columns of segmentation lookup tables. The validator on npm knows no derivatives, and the one that does is not on npm.
 */
const ENTITIES = ['sub', 'ses', 'acq', 'ce', 'rec', 'run', 'space', 'atlas', 'seg', 'scale', 'res', 'desc'];
const DATASET = z.object({
  Name: z.string().min(1),
  BIDSVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
  DatasetType: z.literal('derivative'),
  GeneratedBy: z
    .array(z.object({ Name: z.string().min(1), Version: z.string(), Description: z.string() }))
    .min(1),
});
const SIDECAR = z.looseObject({
  Description: z.string(),
  // Required, as "orig" is the name of no standard template.
  SpatialReference: z.literal('orig'),
  Manual: z.boolean(),
});

function expectBidsFile(path: string) {
  const [file, ...folders] = path.split('/').reverse();
  const [, stem, extension] = /^([^.]+)(\..+)$/.exec(file)!;
  const parts = stem.split('_');
  expect(parts.pop()).toBe('dseg');
  expect(['.nii.gz', '.json', '.tsv']).toContain(extension);
  const entities = parts.map((part) => /^([a-z]+)-([0-9A-Za-z]+)$/.exec(part)!);
  const places = entities.map(([, key]) => ENTITIES.indexOf(key));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  const above = entities.filter(([, key]) => key === 'sub' || key === 'ses').map(([part]) => part);
  expect(folders.reverse()).toEqual(['bids', ...above, 'anat']);
}

const SOURCE: BidsSource = {
  quorumVersion: '1.2.3',
  modelName: 'm',
  modelVersion: '4',
  modelHash: 'ab',
  sequences: 'T1 + FLAIR',
  threshold: 0.5,
  isEdited: false,
  labels: {
    core: { value: 1, isGuess: true },
    oedema: { value: 2, isGuess: false },
    enhancing: { value: 3, isGuess: true },
  },
};

describe('bidsNames', () => {
  it.each([
    ['sub-01', 'bids/sub-01/anat/sub-01_'],
    ['sub-01_ses-pre', 'bids/sub-01/ses-pre/anat/sub-01_ses-pre_'],
    ['site_sub-A7_ses-2', 'bids/sub-A7/ses-2/anat/sub-A7_ses-2_'],
    ['BraTS19_2013_10_1', 'bids/sub-BraTS192013101/anat/sub-BraTS192013101_'],
    ['Müller, Jörg', 'bids/sub-MullerJorg/anat/sub-MullerJorg_'],
    ['山田', 'bids/sub-case/anat/sub-case_'],
    ['substance', 'bids/sub-substance/anat/sub-substance_'],
  ])('names the files of %s by the rules', (name, start) => {
    const { mask, sidecar, labels, dataset } = bidsNames(name);
    expect(mask).toBe(`${start}space-orig_desc-quorum_dseg.nii.gz`);
    for (const path of [mask, sidecar, labels]) expectBidsFile(path);
    expect(sidecar.replace('.json', '')).toBe(mask.replace('.nii.gz', ''));
    expect(dataset).toBe('bids/dataset_description.json');
  });
});

describe('bidsDerivative', () => {
  it('describes the dataset and the mask by the schema', () => {
    const { dataset, sidecar, readme } = bidsDerivative(SOURCE);
    expect(DATASET.parse(JSON.parse(dataset)).GeneratedBy[0]).toMatchObject({
      Name: 'Quorum',
      Version: '1.2.3',
    });
    expect(SIDECAR.parse(JSON.parse(sidecar))).toMatchObject({
      Manual: false,
      Threshold: 0.5,
      NotReliable: ['non-enhancing core', 'enhancing tumour'],
    });
    expect(SIDECAR.parse(JSON.parse(bidsDerivative({ ...SOURCE, isEdited: true }).sidecar)).Manual).toBe(
      true,
    );
    expect(readme).toContain('Research use only');
  });

  it('lists the labels with index, name, colour and what they are in BIDS', () => {
    const [head, ...rows] = bidsDerivative(SOURCE)
      .labels.trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(head).toEqual(['index', 'name', 'abbreviation', 'color', 'mapping']);
    for (const [index, , , colour, mapping] of rows) {
      expect(Number.isInteger(Number(index))).toBe(true);
      expect(colour).toMatch(/^#[0-9a-f]{6}$/);
      expect(mapping).toBe('7');
    }
    expect(rows.map(([index, name]) => [index, name])).toEqual([
      ['1', 'non-enhancing core (guess)'],
      ['2', 'oedema or infiltration'],
      ['3', 'enhancing tumour (guess)'],
    ]);
  });
});
