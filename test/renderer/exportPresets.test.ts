import { describe, expect, it } from 'vitest';
import { choiceOf, EXPORT_PRESETS, filesOf, presetOf, whyEmpty } from '../../renderer/logic/exportPresets.js';
import { FORMATS, NO_FORMATS } from '../../src/contract/index.js';

const DICOM = { dicom: true, prepared: true, stripped: true, sequences: 4 };
const NIFTI = { dicom: false, prepared: false, stripped: true, sequences: 1 };
const [pacs, research, paper, everything] = EXPORT_PRESETS;
const chosen = (choice: Record<string, boolean>) => Object.keys(choice).filter((id) => choice[id]);

describe('presets of an export', () => {
  it('ask for what this case can give, and are known again by it', () => {
    for (const preset of [pacs, research, paper, everything])
      expect(presetOf(choiceOf(preset.formats, DICOM), DICOM)).toBe(preset);
    expect(chosen(choiceOf(research.formats, NIFTI))).toEqual(['csv']);
    expect(presetOf(choiceOf(research.formats, NIFTI), NIFTI)).toBe(research);
    expect(presetOf({ ...NO_FORMATS, stl: true }, DICOM)).toBeNull();
  });

  it('say why they have nothing', () => {
    expect(whyEmpty(pacs, NIFTI)).toBe('needs DICOM input');
    expect(EXPORT_PRESETS.filter((preset) => whyEmpty(preset, NIFTI) === null)).toHaveLength(3);
    // Nothing chosen is not "for the PACS" where that comes to nothing.
    expect(presetOf(NO_FORMATS, NIFTI)).toBeNull();
  });

  it('name nothing that is no format, and everything is every format', () => {
    const ids = FORMATS.map(({ id }) => id) as readonly string[];
    for (const { formats } of EXPORT_PRESETS) expect(ids).toEqual(expect.arrayContaining([...formats]));
    expect(chosen(choiceOf(everything.formats, DICOM))).toEqual([...ids]);
  });

  it('list the files that they make', () => {
    const about = {
      name: 'p',
      sequences: ['t1', 'flair'],
      combinations: ['flair'],
      regions: ['WT'],
    } as const;
    expect(filesOf(choiceOf(paper.formats, NIFTI), NIFTI, about)).toEqual([
      'p_seg.nii.gz',
      'report.json',
      'combinations/flair.nii.gz',
      'p_picture.png',
      'p_figure.svg',
      'p_volumes.csv',
      'p_report.html',
    ]);
    expect(filesOf({ ...NO_FORMATS, native: true, stl: true, dicomSeg: true }, DICOM, about)).toEqual([
      'p_seg.nii.gz',
      'report.json',
      'prepared/p_seg.nii.gz',
      'combinations/flair.nii.gz',
      'native/t1_seg.nii.gz',
      'native/flair_seg.nii.gz',
      'p_WT.stl',
      'dicom/t1_seg.dcm',
      'dicom/flair_seg.dcm',
    ]);
  });
});
