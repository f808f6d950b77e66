/** Words within reasons, in the language of whoever reads. */

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^name$/, 'in the name'],
  [/^folder’s name$/, 'in the folder’s name'],
  [/^description$/, 'in the description'],
  [/^protocol$/, 'in the protocol'],
  [/^sequence’s name$/, 'in the sequence’s name'],
];
/** Where a word stands. */
export const place = (where: string) => PLACES.find(([pattern]) => pattern.test(where))?.[1] ?? where;

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^angiography \(MRA\)$/, 'angiography (MRA)'],
  [/^calibration or field map$/, 'calibration or field map'],
  [/^cerebrospinal fluid flow$/, 'cerebrospinal fluid flow'],
  [/^diffusion$/, /* @wc-include */ 'diffusion'],
  [/^double or phase-sensitive inversion \(DIR, PSIR\)$/, 'double or phase-sensitive inversion (DIR, PSIR)'],
  [/^echo-planar imaging$/, 'echo-planar imaging'],
  [/^elastography$/, /* @wc-include */ 'elastography'],
  [/^fluid alone \(hydrography\)$/, 'fluid alone (hydrography)'],
  [/^functional MRI$/, 'functional MRI'],
  [/^perfusion$/, /* @wc-include */ 'perfusion'],
  [/^phase or other part of the signal$/, 'phase or other part of the signal'],
  [/^screenshot or report$/, 'screenshot or report'],
  [/^screenshot or report \(secondary capture\)$/, 'screenshot or report (secondary capture)'],
  [/^spectroscopy$/, /* @wc-include */ 'spectroscopy'],
  [/^steady-state gradient echo \(CISS, FIESTA\)$/, 'steady-state gradient echo (CISS, FIESTA)'],
  [/^susceptibility \(SWI, T2\*\)$/, 'susceptibility (SWI, T2*)'],
  [/^susceptibility \(gradient echo, T2\*\)$/, 'susceptibility (gradient echo, T2*)'],
  [
    /^gradient echo with a long echo time \(T2\*, susceptibility\)$/,
    'gradient echo with a long echo time (T2*, susceptibility)',
  ],
  [/^gradient echo, no T2$/, 'gradient echo, no T2'],
  [/^gradient echo with a short echo time, no FLAIR$/, 'gradient echo with a short echo time, no FLAIR'],
  [/^derived \(reformatted, projected or subtracted\)$/, 'derived (reformatted, projected or subtracted)'],
  [/^localiser$/, /* @wc-include */ 'localiser'],
  [/^proton density$/, 'proton density'],
  [/^opposed phase of a Dixon acquisition$/, 'opposed phase of a Dixon acquisition'],
  [/^fat image of a Dixon acquisition$/, 'fat image of a Dixon acquisition'],
  [/^inversion with a short TI \(STIR\)$/, 'inversion with a short TI (STIR)'],
  [/^part of an MP2RAGE acquisition$/, 'part of an MP2RAGE acquisition'],
  [/^part of an MP2RAGE acquisition \(T1 map\)$/, 'part of an MP2RAGE acquisition (T1 map)'],
  [/^part of an MP2RAGE acquisition \(one inversion\)$/, 'part of an MP2RAGE acquisition (one inversion)'],
  [/^not the uniform image$/, 'not the uniform image'],
  [/^another part of the body$/, 'another part of the body'],
  [/^echo-planar imaging \(scanning sequence EP\)$/, 'echo-planar imaging (scanning sequence EP)'],
  [
    /^proton density and T2 in one name, and nothing tells which echo this is$/,
    'proton density and T2 in one name, and nothing tells which echo this is',
  ],
];
/** Which kind of acquisition; null where it is none of them. */
export const kindOf = (part: string) => KINDS.find(([pattern]) => pattern.test(part))?.[1] ?? null;

const GIVEN: readonly (readonly [RegExp, string])[] = [
  [
    /^the examination is called one with contrast agent$/,
    'the examination is called one with contrast agent',
  ],
  [/^headers name a contrast agent$/, 'headers name a contrast agent'],
  [/^other series are named as after contrast agent$/, 'other series are named as after contrast agent'],
  [/^there is a subtraction$/, 'there is a subtraction'],
];
/** From what it is known that contrast agent was given. */
export const given = (part: string) => GIVEN.find(([pattern]) => pattern.test(part))?.[1] ?? part;

const PLANES: readonly (readonly [RegExp, string])[] = [
  [/^axial$/, /* @wc-include */ 'axial'],
  [/^coronal$/, /* @wc-include */ 'coronal'],
  [/^sagittal$/, /* @wc-include */ 'sagittal'],
];
export const plane = (part: string) => PLANES.find(([pattern]) => pattern.test(part))![1];

/** Between which slices some are missing. */
export const gaps = (where: string) =>
  where.replace(/between (\d+) and (\d+)/g, (_, from, to) => `between ${from} and ${to}`);
