import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/intake/recogniser/recognise.js';

/** What words alone tell: a sequence, `unclear` where they leave before and after contrast open, `aside`, or nothing. */
function byWords(text: string, where: 'description' | 'name'): string {
  const judged = judge({ texts: [{ text, where }], about: {} });
  if (judged.aside !== null) return 'aside';
  if (judged.weighting !== 't1') return judged.weighting ?? 'nothing';
  return { with: 't1ce', without: 't1 without', unclear: 'unclear' }[judged.contrast ?? 'with'] === undefined ||
    judged.contrast === null
    ? 't1'
    : { with: 't1ce', without: 't1 without', unclear: 'unclear' }[judged.contrast];
}

const EXPECTED: Record<string, readonly string[]> = {
  t1ce: [
    ...['T1W_SE_GADO', 't1_fl3d_tra_iso_KM', 'T1 SAG POST', 'SAG T1 MPRAGE +GAD', 'Ax T1 FSE +C FS', 'AX T1 C+', 'T1+C', 'T1 + contrast'],
    ...['COR T1 POST GAD FS', 'T1 w/contrast', 'T1 with contrast', 'AX T1 W CONTRAST', 'T1 3D post contrast', 'BRAVO +C', 'Ax 3D BRAVO Post Gad'],
    ...['MPRAGE POST', 'T1 MPR tra nach KM', 't1_vibe_fs_tra_KM', 't1_tse_tra_post KM', 'T1 tra mit KM', 'T1 nach Gadolinium', 'T1 MPRAGE nach i.v. KM-Gabe'],
    ...['T1 AXIAL GADO', 'T1 3D GADO', 'T1 apres injection de gadolinium', 'AX T1 INJ', 'T1 EG 3D INJECTE', 'T1 post gadolinium', 'T1 avec contraste'],
    ...['T1 SE con contraste', 'T1 TRA CON GADOLINIO', 'T1 AX CIV', 'T1 C/CIV', 'T1 FSPGR con civ', 'T1 POS CONTRASTE', 'T1 pos gado', 'T1 3D APOS CONTRASTE'],
    ...['T1 dopo mdc', 'T1 SE con mdc', 'T1 assiale con mezzo di contrasto', 'T1 dopo contrasto', 'T1 met contrast', 'T1 na gadolinium', 'T1 na contrastmiddel'],
    ...['T1 po kontrascie', 'T1 SE po podaniu kontrastu', 'T1 z kontrastem', 'T1 po KL', 'T1 s kontrastem', 'T1 nakon kontrasta', 'T1 med kontrast', 'T1 efter kontrast'],
    ...['T1 etter kontrast', 'T1 cu contrast', 'T1 kontrastli', 'T1 kontrast sonrasi', 'T1 kontrasztanyag utan', 'T1 с контрастом', 'T1 после контраста', 'T1 с к/у'],
    ...['T1增强', 'T1 造影後', 'T1 dengan kontras', 'T1 amb contrast', 'T1_Gd', 'T1Gd', 'T1GD', 'T1_Dotarem', 'T1 GADOVIST', 'T1 ProHance 10ml', 'T1CE', 'CE-T1W', 'ceT1w', 'T1-CE'],
    ...['3D T1 TFE GD', 'sT1W_3D_TFE_GD', 'T1W_3D_TFE +Gd', '3D_BRAIN_VIEW_T1_GD', 'T1 STEALTH POST', 'T1_SE_TRA_FS_GD_pat2', 'eT1W_SE_CLEAR_KM', 'WATER: AX LAVA T1 POST'],
    ...['t1_mprage_sag_p2_iso_KM_MPR_tra', 'SAG 3D T1 CUBE POST', 'AX T1 post-contrast FS', 'T1 3D enhanced', 'T1 delayed post', 'mprage post-gad', 'T1SE post-Gd TRA'],
    ...['T1 C/C', 'T1_AX_C_C', 'postcontrast T1', 'MPRAGE_postGad', 'acq-GadoT1', 'T1postGd', 'T1wPost', 'Gd_T1w', 't1c', 'T1C', 'T1kontrast', 'T1POSTKM'],
  ],
  't1 without': [
    ...['T1 w/o contrast', 'T1 W/O', 'T1 WO', 'T1 wo gad', 'T1 without', 'T1 without Gadolinium', 'T1 no contrast', 'T1 non contrast', 'T1 noncon', 'T1 pre-contrast', 'PRE T1 AX'],
    ...['AX T1 PRE', 'T1 precontrast', 'T1 unenhanced', 'T1 before contrast', 'T1 ohne KM', 'T1 ohne Kontrastmittel', 'T1 vor KM', 'T1 nativ', 'T1 native', 'T1 tra nativ 5mm'],
    ...['T1 vor i.v. Gabe von KM', 'T1 kontrastmittelfrei', 'T1 sans injection', 'T1 SANS GADO', 'T1 avant injection', 'T1 avant gadolinium', 'T1 sans PDC', 'T1 sans produit de contraste'],
    ...['T1 sin contraste', 'T1 S/C', 'T1 s/contraste', 'T1 S/CIV', 'T1 sin civ', 'T1 sin medio de contraste', 'T1 antes de contraste', 'T1 simple', 'T1 senza mdc', 'T1 senza contrasto'],
    ...['T1 senza mezzo di contrasto', 'T1 prima del mdc', 'T1 basale', 'T1 sem contraste', 'T1 antes do contraste', 'T1 pre contraste', 'T1 pré-contraste', 'T1 zonder contrast'],
    ...['T1 zonder gadolinium', 'T1 voor contrast', 'T1 blanco', 'T1 bez kontrastu', 'T1 bez podania kontrastu', 'T1 przed kontrastem', 'T1 przed podaniem kontrastu', 'T1 bez KL', 'T1 bez kontrasta'],
    ...['T1 prije kontrasta', 'T1 utan kontrast', 'T1 före kontrast', 'T1 utan KM', 'T1 uden kontrast', 'T1 før kontrast', 'T1 uten kontrast', 'T1 ilman kontrastia', 'T1 ilman tehostetta'],
    ...['T1 ennen tehostetta', 'T1 natiivi', 'T1 fara contrast', 'T1 fără substanță de contrast', 'T1 inainte de contrast', 'T1 kontrastsiz', 'T1 kontrastsız', 'T1 kontrast öncesi'],
    ...['T1 kontrasztanyag nélkül', 'T1 natív', 'T1 без контраста', 'T1 до контраста', 'T1 без к/у', 'T1 нативная', 'T1平扫', 'T1 造影前', 'T1 tanpa kontras', 'T1 sense contrast', 'T1 χωρίς σκιαγραφικό'],
    ...['T1 AX C-', 'T1 (C-)', 'T1_AX_S_C', 'T1_wo_Gd', 'T1_pre_Gd', 'T1preGd', 'T1n', 'preGd_T1w', 'T1_noCE', 'T1_nonenhanced', 'T1 NO GAD', 'T1 prae KM', 'T1 contrast: none', 'T1 kontrast yok'],
    ...['T1 ohne', 'T1 SANS', 'T1 vor', 'sT1W_3D_TFE_PRE_GD', 'T1 3D avant gado', 'T1 before Gadavist'],
  ],
  unclear: [
    ...['T1 with and without contrast', 'T1 w/wo contrast', 'T1 pre and post contrast', 'T1 mit und ohne KM', 'T1 sin y con contraste', 'T1 sans et avec injection', 'T1 pre/post Gd'],
    ...['T1 xuti kontrast', 'T1 mangler kontrast', 'T1 behov kontrastu'],
  ],
  t1: [
    ...['T1', 'T1w', 'T1WI', 'ax T1', 't1_se_tra', 't1_tse_cor', 't1_mprage_sag_p2_iso', 'MPRAGE', 'SAG T1 FLAIR', 'Ax T1 FLAIR PROPELLER', 'T1W_3D_FFE', 'T1_3D_TFE', '3D T1', 'T1 SE sagittal', 'BRAVO'],
    ...['AX FSPGR 3D', 'IR-FSPGR', 'T1 SPACE', 'T1W_IR_TSE', 'sT1W_SE', 'T1 VIBE', 'T1 fl2d tra', 't1_fl3d_sag', 'T1_BLADE', 'AXT1', 'SAGT1', 'Sag 3D T1 BRAVO', 't1_mpr_ns_sag', 'T1 TIR', 'T1 post op', 'T1 preop'],
    ...['STEALTH T1 3D', 'T1 FATSAT', 'T1 fat sat', 'T1 mDixon W', 't1_vibe_dixon_W', 'anat_T1w', 'mp2rage_UNI_DEN', 'T1 low res 5 cm', 'T1 GRE', 'T1 gradient echo 3D', 'T1 no FS', 'T1 MEMPRAGE RMS', 'Т1 сагиттальная'],
  ],
  t2: [
    ...['T2', 'T2W', 'T2 TSE TRA', 'AX T2 FSE', 'AX T2 PROPELLER', 'T2 FRFSE', 't2_tse_tra_448', 'T2W_TSE', 'T2 post', 'T2 +C', 'T2_SPACE', 'AX T2 CUBE', 'T2 FS', 'T2W_DRIVE', 'sag T2', 'cor T2 hippocampus'],
    ...['T2 sans FS', 'T2 AXIAL FATSAT', 'eT2W_TSE', 'T2 BLADE', 'T2_haste_tra', 'T2 ohne KM', 'anat_T2w', 'AXT2', 'T2 TSE nach KM', 'Т2 аксиальная', 'T2 weighted axial'],
  ],
  flair: [
    ...['FLAIR', 'AX FLAIR', 'T2 FLAIR', 'T2FLAIR', 'T2_FLAIR_3D', 't2_tirm_tra_dark-fluid', 'FLAIR_longTR', 'sag 3D CUBE FLAIR', 'CUBE T2 FLAIR', 'FLAIR +C', 'AX T2 FLAIR POST', '3D_Brain_VIEW_FLAIR', 'VISTA FLAIR'],
    ...['t2_spc_da-fl_FLAIR', 't2_space_dark-fluid', 'sFLAIR', 'eFLAIR', 'FLAIR SPIR', 'FLAIR fat sat', '3D FLAIR SPACE', 'FLAIR BLADE', 'AX FLAIR GADO', 'flair sans gado', 't2f', 'FLR', 'T2W_FLAIR', 'FLAIRlongTR', 'Flair post op'],
  ],
  aside: [
    ...['localizer', '3-plane loc', 'Survey', 'SURVEY_MST', 'Lokalizer', 'Übersicht', 'Repérage', 'Localizador', 'topogram', 'AAHead_Scout', 'Smart Brain', 'Scout 3D'],
    ...['DWI', 'ep2d_diff_3scan_trace', 'ADC', 'dADC map', 'ADC (10^-6 mm²/s)', 'DTI 32 dir', 'Ax DWI b1000', 'T2 DWI', 'AX DIFFUSION', 'difusión', 'Diffusie', 'eADC', 'FA', 'ColFA', 'TRACEW', 'RESOLVE_4scan', 'isoDWI', 'T2 b0', 'ep2d_tra_b1000'],
    ...['SWI', 'SWI_Images', 'SWIp', 'swi3d', 'T2* GRE', 'T2*W_FFE', 'T2 GRE', 'T2 STAR', 'T2_FFE', 'T2 fl2d hemo', 'AX GRE T2*', 'T2 hemo', 'T2 EG', 'AX T2 gradient', 'T2 écho de gradient', 'T2s', 'SWAN', 'Pha_Images', 'QSM', 'VenBOLD', 'FSBB', 'GRE'],
    ...['TOF', '3D TOF', 'TOF_3D_multi-slab', 'MRA', 'MRV', 'Angio TOF', 'phase contrast', '3D PC', 'TWIST', 'COW TOF', 'CE-MRA', 'Venographie', 'PCA venous'],
    ...['perfusion', 'ep2d_perf', 'DSC', 'DCE', 'PWI', 'rCBV', 'RELCBV', 'ASL', '3D ASL', 'pCASL', 'TTP', 'MTT', 'T1 dynamic', 'T1 perfusion', 'Perfusie', 'DCE T1'],
    ...['BOLD', 'fMRI motor', 'rsfMRI', 'CSI', 'svs_se_30', 'MRS', 'Spektroskopie', 'PRESS', 'gre_field_mapping', 'B1map', 'Calibration Scan', 'ASSET', 'Coil Survey', 'SENSE ref'],
    ...['MIP', 'T1 MIP', 'MPR', 'REFORMAT', 'T1 SUB', 'Subtraktion', 'subtraction T1', 'T1 map', 'T2 map', 'T1map', 'T2_MAP', 'T1rho', 'SyMRI', 'MAGiC T1', 'minIP', 'T2 MIP', 'Screen Save', 'Report', 'Patient Protocol', 'Dose Report'],
    ...['PD', 'PD TSE', 'PDW_TSE', 'proton density', 'AX PD', 'T2 STIR', 'STIR', 'COR STIR', 'DIR', 'PSIR', 'T2 CISS', 'CISS 3D', 'FIESTA', 'AX FIESTA', 'T2 TRUFI', 'bFFE', 'B-TFE', 'epi', 'T2 EPI', 'T2 SEGMENTED EPI'],
    ...['T2 SAG LWS', 'T1 HWS', 'T2 spine', 'T2 TSE SAG C-SPINE', 'T1 LUMBAR', 'T2 RACHIS', 'T1 columna', 'T2 colonna', 'T1 ISG KM', 'T1 cor ISG', 'T2 sacroiliac', 'T2 KNIE', 'T2 Becken', 'T1 Orbita', 'T2 HALS', 'T1 LENDENWIRBELSÄULE', 'T2 C3-C7'],
    ...['t1_vibe_dixon_F', 't1_vibe_dixon_opp', 'T1 opposed phase', 'FAT: AX LAVA', 'OutPhase: T1', 't1_mp2rage_INV2', 'mp2rage_T1_Images', 'T1 DIXON FAT', 'CSF FLOW', 'MRCP'],
  ],
  nothing: ['AX FSE', 'TRA', 'tse_tra', 'head', 'sag', 'series 5', 't2_tirm_cor', 'T1 T2 composite'],
};

describe('what words tell', () => {
  for (const [sequence, texts] of Object.entries(EXPECTED)) {
    it(`${sequence}: in the languages and short forms that people write`, () => {
      const wrong = texts.flatMap((text) => {
        const got = byWords(text, 'description');
        const named = byWords(`7_${text.replace(/[^\p{L}\p{N}+_.,()=-]+/gu, '_')}`, 'name');
        // A file name has no sign left of w/o, S/C and the like: it may be unclear there, never the opposite.
        const isOpposite = (one: string) => new Set([one, sequence]).size === 2 && [one, sequence].every((s) => s === 't1ce' || s === 't1 without');
        return [
          ...(got === sequence ? [] : [`${text}: ${got}`]),
          ...(named === sequence || (/[/*+]/.test(text) && !isOpposite(named)) ? [] : [`${text} as a name: ${named}`]),
        ];
      });
      expect(wrong).toEqual([]);
    });
  }
});
