import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { segmentRequestSchema } from '../../src/contract/commands.js';
import { exportRequestSchema } from '../../src/contract/exports.js';
import { FORMATS, NAMING_FORMATS } from '../../src/contract/formats.js';
import { WRITERS } from '../../src/pipeline/formats.js';

describe('the list of formats', () => {
  it('has a writer for every format, in the order in which they are written', () => {
    expect(Object.keys(WRITERS)).toEqual(FORMATS.map(({ id }) => id));
  });

  it('is what windows and the command line can ask for', () => {
    const segment = segmentRequestSchema.parse({ inputs: [], output: 'o' });
    const exported = exportRequestSchema.parse({ case: 'c', folder: 'f', combination: 't1' });
    for (const { id, byDefault } of FORMATS) {
      expect(segment[id]).toBe(byDefault.terminal);
      expect(exported[id]).toBe(byDefault.window);
    }
  });

  it('is the table of docs/export.md', () => {
    const page = readFileSync('docs/export.md', 'utf8');
    const rows = [...page.matchAll(/^\| `(--\S+)` \| (.*?) \|/gm)].map(([, option, files]) => [
      option,
      files,
    ]);
    expect(rows.map(([option]) => option)).toEqual(
      FORMATS.map(({ option, byDefault }) => `--${byDefault.terminal ? 'no-' : ''}${option}`),
    );
    for (const [n, { files }] of FORMATS.entries()) expect(rows[n][1].startsWith(files)).toBe(true);
  });

  it('knows which of them name the patient: those that need DICOM', () => {
    const needDicom = FORMATS.filter(
      ({ missing }) => missing({ dicom: false, prepared: true, stripped: true, sequences: 4 }) !== null,
    );
    expect(NAMING_FORMATS).toEqual(needDicom.map(({ id }) => id));
  });

  it('says in words why a case has nothing to write', () => {
    const nothing = { dicom: false, prepared: false, stripped: false, sequences: 1 };
    const missing = FORMATS.filter((format) => format.missing(nothing) !== null).map(({ id }) => id);
    expect(missing).toEqual(['native', 'strippedImages', 'dicomSeg', 'rtstruct', 'secondaryCapture']);
    const everything = { dicom: true, prepared: true, stripped: true, sequences: 4 };
    expect(FORMATS.every((format) => format.missing(everything) === null)).toBe(true);
  });

  it('says that one sequence has no map of disagreement', () => {
    const [maps] = FORMATS.filter(({ id }) => id === 'probabilities');
    const about = { dicom: true, prepared: true, stripped: true };
    const said = [1, 2].map((sequences) => 'extent' in maps && maps.extent({ ...about, sequences }));
    expect(said).toEqual([
      'no map of disagreement: only one sequence',
      'with the disagreement of the sequences',
    ]);
  });
});
