import type { Weighting } from './weighting.js';

/** A kind of series that is no structural image to segment from, and the words that tell it. Data only. */
export interface AsideWords {
  readonly why: string;
  readonly words: readonly string[];
  /** Not said where words name one of these weightings: a gradient echo may well be a T1. */
  readonly unless?: readonly Weighting[];
}

const list = (text: string): string[] =>
  text
    .split(/[,\n]+/)
    .map((phrase) => phrase.trim())
    .filter(Boolean);

export const DERIVED = 'derived (reformatted, projected or subtracted)';
export const LOCALISER = 'localiser';
export const PROTON_DENSITY = 'proton density';
export const OPPOSED = 'opposed phase of a Dixon acquisition';
export const FAT = 'fat image of a Dixon acquisition';
export const SHORT_TI = 'inversion with a short TI (STIR)';
export const MP2RAGE_PART = 'part of an MP2RAGE acquisition';
export const ANOTHER_BODY_PART = 'another part of the body';

/** Images after minus before contrast agent. */
export const SUBTRACTION: readonly string[] = list(
  'subtr…, sottraz…, substr…, subtrak…, subs, sub, sustrac…, resta',
);

export const ASIDE_WORDS: readonly AsideWords[] = [
  {
    why: LOCALISER,
    words:
      list(`localizer…, localiser…, loc, locs, scout…, survey…, 3plane, 3 plane, 3 pl, 3pl, three plane, topogram…, pilot, planscan, plan scan,
      ubersicht…, uebersicht…, reperage…, localisateur…, localizador…, localizzator…, lokalizer…, lokaliser…, lokalizat…, lokalizac…, planeringsbild…, centratura,
      overzicht…, lokalisator…, aahead…, aascout, aabrain…, smartbrain, smart brain, smartexam, положен…, 定位`),
  },
  {
    why: 'diffusion',
    words:
      list(`dwi…, diff, diffu…, difus…, difuz…, dyfuz…, diffuus…, dmri, adc…, eadc…, dadc, dti…, edti, tracew…, trace, b1000, b0, b800, b500, b1500, b2000, b 0, b 500, b 800,
      b 1000, b 1500, tensor…, ivim, hardi, dki, noddi, colfa, col fa, fa map, fractional…, resolve, isotropic image, exponential…, apparent, edwi, zoomit, tracto…, trakto…, диффуз…, 弥散, 扩散`),
  },
  {
    why: 'perfusion',
    words:
      list(`perf, perfusion…, perfusie…, perfusao…, perfuz…, perfusi…, perfuusi…, pwi, dsc, dsct1, dce, asl, pcasl, casl, pasl, rcbv, rcbf, relcbv, relcbf, relmtt, cbv, cbf, mtt, ttp, tmax, gbp, pbp,
      dynasuite, ktrans, dynamic…, dynamisch…, dinamic…, dynamique…, permeab…, first pass, перфуз…, 灌注`),
  },
  { why: 'diffusion', words: ['fa', 'md'], unless: ['t1', 't2', 'flair'] },
  {
    why: 'functional MRI',
    words: list('bold, fmri, rsfmri, resting, rest state, funktionell…, fonctionnelle, funcional, task'),
  },
  {
    why: 'angiography (MRA)',
    words:
      list(`tof…, mra, mrv, mrav, angio…, venogra…, phlebo…, flebo…, twist, tricks, willis, carotid…, karotis, pca, 3dpc, 2dpc, pc 3d, pc 2d, 3d pc, 2d pc, inhance, cemra, arteriogra…, venosa, phase contrast,
      arterien, venen, arterial, polygon…, vessel…, ангио…`),
  },
  {
    why: 'susceptibility (SWI, T2*)',
    words:
      list(`swi…, swan…, swip, venobold, hemo, hemosid…, haemo…, hamosid…, haemosid…, hemoflash…, t2star…, starw, starmap, suscep…, suszept…, qsm, mag images, pha images, pha, filt pha, filtpha, bleed, r2star,
      merge, medic, me2d, me3d, fsbb, swibrain, merged, sw`),
  },
  {
    why: 'susceptibility (gradient echo, T2*)',
    words: list(
      `gre, flash…, star, grad, gradient…, gradiente…, gradienten…, eg, ffe, fl2d, fl 2d, fgre, mpgr, fe2d, echo de gradient, eco de gradiente, efgre…`,
    ),
    unless: ['t1', 'flair'],
  },
  {
    why: 'echo-planar imaging',
    words: list(
      'epi, ep2d…, ep3d…, ep 2d, ep 3d, epifid…, epise…, segmented epi, epi2d, echoplanar, echo planar',
    ),
  },
  {
    why: 'steady-state gradient echo (CISS, FIESTA)',
    words: list(
      'ciss…, fiesta…, trufi…, true fisp, truefisp, trufisp…, bffe, b ffe, btfe, b tfe, balance, balanced, bal, bssfp, dess…, cosmic, fisp',
    ),
  },
  { why: 'calibration or field map', words: ['asset', 'cal', 'ref', 'sense'], unless: ['t1', 't2', 'flair'] },
  {
    why: 'spectroscopy',
    words: list('svs, csi, mrs, mrsi, spectro…, spektro…, espectro…, spettro…, press, 2d csi, 3d csi'),
  },
  {
    why: 'calibration or field map',
    words:
      list(`fieldmap…, field map…, feldkarte, gre field, b1map…, b0map…, b1 map, b0 map, shim…, calib…, kalib…, asset cal…, sense ref…, coilsens…, coil survey, ref scan, refscan, reference scan, prescan, tb1tfl, sbref, m0scan, magnitude…, phase1, phase2, noise,
      cal head`),
  },
  { why: DERIVED, words: SUBTRACTION },
  {
    why: DERIVED,
    words:
      list(`mip, minip, min ip, mnip, mpvr, reform…, rekon…, recon, reconstr…, vrt, collapsed, t1map…, t2map…, t1 map…, t2 map…, relaxo…, fused, fusion…, map, mapit, mapping, synthetic…,
      synthetisch, symri, magic, rho, t1rho, curved, projection…, radial mip, thick slab, mosaic, 3d rot, rotat…`),
  },
  { why: DERIVED, words: ['mpr'], unless: ['t1'] },
  {
    why: 'screenshot or report',
    words: list(
      'screen…, capture…, snapshot…, key image…, keyimage…, report…, befund…, protocole, dose report, exam summary, screensave, summary, evidence, ergebnis…, patient protocol',
    ),
  },
  {
    why: 'phase or other part of the signal',
    words: list('phase map, phase image…, phasendiff…, phasediff, imaginary, phmag, part phase'),
  },
  { why: SHORT_TI, words: list('stir…, short tau, short ti') },
  {
    why: 'double or phase-sensitive inversion (DIR, PSIR)',
    words: list('dir, psir…, double inversion, double ir, phase sensitive, doppelinversion'),
  },
  {
    why: 'cerebrospinal fluid flow',
    words: list(
      'csf flow, liquorfluss…, liquordynamik, flow quant…, q flow, qflow, cine, fluxo, flujo lcr, flux lcr, pulsation',
    ),
  },
  { why: 'fluid alone (hydrography)', words: list('mrcp, hydrogra…, myelo…, cisterno…, zisterno…, heavily') },
  { why: 'elastography', words: list('mre, elasto…, greenscape') },
  {
    why: PROTON_DENSITY,
    words: list(
      'pd, pdw, proton…, protonen…, densite protonique, densite de proton…, densidad protonica, densita protonica, dp, intermediate, pd tse, pd fse',
    ),
  },
];
