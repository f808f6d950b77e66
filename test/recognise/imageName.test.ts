import { describe, expect, it } from 'vitest';
import { recogniseSequence } from '../../src/recognise/imageName.js';

const NAMES: Record<string, string[]> = {
  t1: [
    'BraTS20_Training_001_t1.nii.gz',
    'BraTS-GLI-00000-000-t1n.nii.gz',
    'sub-01_T1w.nii.gz',
    'sub-01_ses-2_run-1_T1w.nii',
    'case_T1.mha',
    'patient-t1-brain.nrrd',
    'T1_AX_OtherEXampleTCIA_TCGA-FG-6692_Si_TCGA-FG-6692_T1_AX_SE_10_se2d1_t1.nii.gz',
    'sub-01_ce-none_T1w.nii.gz',
    't1.nii',
    // A series number, not “to”.
    '2_t1_axial.nii.gz',
  ],
  t1ce: [
    'BraTS20_Training_001_t1ce.nii.gz',
    'BraTS-GLI-00000-000-t1c.nii.gz',
    'BraTS_T1CE.nii.gz',
    'p_t1_ce.nii.gz',
    'p-t1-gd.nii.gz',
    'p_t1Gd.nii.gz',
    'p_t1post.nii.gz',
    'p_T1_post.nii.gz',
    'p_t1km.nii.gz',
    'sub-01_ce-gd_T1w.nii.gz',
    'sub-01_ce-gadolinium_run-1_T1w.nii.gz',
    'MRHR_T1_AX_POST_GAD_OtherEXampleTCIA_TCGA-FG-6692_Si_TCGA-FG-6692_MRHR_T1_AX_POST_GAD_SE_13_se2d1r_t1c.nii.gz',
  ],
  t2: ['x_t2.nii.gz', 'x-T2w.nii.gz', 'MRHR_T2_AX_OtherEXampleTCIA_TCGA-FG-6692_SE_2_tse2d1_11_t2.nii.gz'],
  flair: [
    'x_flair.nii.gz',
    'BraTS-GLI-00000-000-t2f.nii.gz',
    'x_FLA.nii.gz',
    'sub-01_space-T1w_FLAIR.nii.gz',
    'flair_to_t1.nii.gz',
    'flair2t1.nii.gz',
    't2_flair.nii.gz',
  ],
  mask: [
    'BraTS20_Training_001_seg.nii.gz',
    'x_t1_mask.nii.gz',
    'x_brainmask.nii.gz',
    'sub-01_label-lesion_roi.nii.gz',
    'sub-01_T1w_dseg.nii.gz',
    'x_truth.nii.gz',
    'x_tumour.nii.gz',
  ],
  other: ['dwi.nii.gz', 'x_adc.nii.gz', 'x_t1map.nii.gz', 't1_and_t2_mean.nii.gz', 'patient12.nii.gz'],
};

describe('recognising a sequence from a file name', () => {
  for (const [sequence, names] of Object.entries(NAMES)) {
    it.each(names)(`takes %s for ${sequence}`, (name) => {
      const found = recogniseSequence(name);
      expect(found.sequence).toBe(sequence);
      expect(found.reason).not.toBe('');
    });
  }

  it('is blind to case, and to - and _', () => {
    for (const name of ['CASE_T1CE.NII.GZ', 'case-t1ce.nii.gz', 'case_T1Ce.nii'])
      expect(recogniseSequence(name).sequence).toBe('t1ce');
  });

  it('takes a patient called tumour by the sequence behind it', () => {
    expect(recogniseSequence('tumour_007_flair.nii.gz').sequence).toBe('flair');
  });
});
