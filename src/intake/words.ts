/** Words of headers and file names in English, German, French, Spanish, Italian, Portuguese and Dutch. Data only. */

/** A text as words: lower case, without accents, `*` as `star`, `+c` and `c+` kept. */
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\*/g, 'star')
    .replace(/\+\s*(c|gd|gado|km|mdc)(?![a-z])|(?<![a-z])c\s*\+/g, ' contrastadded ')
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/**
 * The first of the phrases that stands in the words; a phrase is words with spaces, `…` at its end stands for any ending.
 * Gives its place and the words that it matched.
 */
export function findPhrase(
  words: readonly string[],
  phrases: readonly string[],
): { at: number; length: number; words: string } | null {
  for (const phrase of phrases) {
    const parts = phrase.split(' ');
    for (let at = 0; at + parts.length <= words.length; at++) {
      if (parts.every((part, i) => matches(words[at + i], part))) {
        return { at, length: parts.length, words: words.slice(at, at + parts.length).join(' ') };
      }
    }
  }
  return null;
}

function matches(word: string, part: string): boolean {
  return part.endsWith('…') ? word.startsWith(part.slice(0, -1)) : word === part;
}

/** Without contrast agent; looked for before WITH_CONTRAST, whose words many of them hold. */
export const WITHOUT_CONTRAST: readonly string[] = [
  ...[
    'without contrast',
    'without gad…',
    'without gd',
    'no contrast',
    'non contrast',
    'noncontrast',
    'no gad…',
  ],
  ...[
    'precontrast',
    'pre contrast',
    'pre gad…',
    'pre gd',
    'pre',
    'before contrast',
    'unenhanced',
    'native',
    'wo',
  ],
  ...[
    'ohne km',
    'ohne kontrast…',
    'ohne gd',
    'ohne gado…',
    'vor km',
    'vor kontrast…',
    'nativ',
    'nativdarstellung',
  ],
  ...[
    'sans inj…',
    'sans gado…',
    'sans contraste',
    'sans pdc',
    'avant inj…',
    'avant contraste',
    'avant gado…',
  ],
  ...[
    'sin contraste',
    'sin civ',
    'sin gado…',
    'sin cte',
    'simple',
    'antes del contraste',
    'antes de contraste',
  ],
  ...['senza mdc', 'senza contrasto', 'senza gado…', 'prima del mdc', 'pre mdc', 'basale', 'diretta'],
  ...['sem contraste', 'sem gado…', 'antes do contraste', 'pre contraste'],
  ...['zonder contrast', 'zonder gado…', 'zonder', 'voor contrast', 'blanco'],
];

export const WITH_CONTRAST: readonly string[] = [
  ...[
    'contrastadded',
    'ce',
    'postcontrast',
    'post contrast',
    'contrast',
    'enhanced',
    'gd',
    'gad…',
    'post gd',
    'dotarem',
  ],
  ...['magnevist', 'omniscan', 'prohance', 'multihance', 'clariscan', 'optimark', 'elucirem', 'post'],
  ...['km', 'kontrast…', 'nach km', 'mit km'],
  ...['inj', 'injec…', 'inyec…', 'iniez…', 'apres inj…', 'pdc', 'contraste'],
  ...['civ', 'cte', 'con contraste', 'poscontraste'],
  ...['mdc', 'contrasto', 'postcontrasto', 'con mdc'],
  ...['com contraste', 'pos contraste', 'pos gado…', 'pos'],
  ...['met contrast', 'na contrast'],
];

/** `post` that is no contrast agent. */
export const POST_SOMETHING_ELSE: readonly string[] = [
  ...['post op…', 'postop…', 'post surg…', 'post oper…', 'post rt', 'post radio…', 'post resec…', 'pos op…'],
  ...['post resek…', 'post chir…', 'post processing'],
];

export type Weighting = 't1' | 't2' | 'flair';

export const WEIGHTINGS: Readonly<Record<Weighting, readonly string[]>> = {
  flair: [
    'flair…',
    'fla',
    't2flair',
    't2f',
    'tirm…',
    'darkfluid',
    'dark fluid',
    'tir2d…',
    'liquorsupprim…',
    '3dflair',
    '2dflair',
  ],
  t1: [
    't1…',
    'mprage…',
    'mp rage',
    'spgr',
    'fspgr…',
    'bravo',
    'irfspgr',
    'mpr1',
    'wt1…',
    '3dt1…',
    '2dt1…',
    'tfl3d…',
  ],
  t2: ['t2…', 'wt2…', '3dt2…', '2dt2…'],
};

/** Why a series is no structural image for segmentation. */
export const SET_ASIDE_WORDS: readonly { readonly why: string; readonly words: readonly string[] }[] = [
  {
    why: 'localiser',
    words: [
      ...[
        'localizer…',
        'localiser…',
        'loc',
        'scout…',
        'survey…',
        '3plane',
        '3 plane',
        '3 pl',
        'topogram…',
        'pilot',
        'planscan',
      ],
      ...[
        'ubersicht…',
        'uebersicht…',
        'reperage',
        'localisateur',
        'localizador…',
        'localizzatore',
        'centratura',
      ],
      ...['overzicht', 'lokalisator', 'aahead…', 'aascout', 'smartbrain', 'smart brain', 'plan scan'],
    ],
  },
  {
    why: 'diffusion',
    words: [
      ...[
        'dwi…',
        'diff',
        'diffu…',
        'difus…',
        'adc',
        'eadc',
        'dadc',
        'dti…',
        'tracew',
        'trace',
        'b1000',
        'b0',
        'tensor…',
      ],
      ...[
        'ivim',
        'hardi',
        'dki',
        'noddi',
        'colfa',
        'fractional…',
        'resolve',
        'ep2d diff…',
        'isotropic image',
      ],
    ],
  },
  {
    why: 'susceptibility (SWI, T2*)',
    words: [
      ...[
        'swi…',
        'swan',
        'venobold',
        'hemo',
        'hemosid…',
        't2star…',
        't2 star',
        'suscept…',
        'suscep…',
        'suzept…',
        'qsm',
        'swip',
      ],
      ...[
        'mip images sw',
        'pha images',
        'ffe t2',
        't2 ffe',
        't2ffe',
        'gre t2',
        't2 gre',
        't2gre',
        'fl2d t2',
        't2 fl2d',
        'merge',
      ],
    ],
  },
  {
    why: 'angiography (MRA)',
    words: [
      ...[
        'tof…',
        'mra',
        'mrv',
        'angio…',
        'venogra…',
        'phlebo…',
        'twist',
        'tricks',
        'willis',
        'carotid…',
        'pca',
        'inhance',
      ],
    ],
  },
  {
    why: 'perfusion',
    words: [
      ...[
        'perf…',
        'pwi',
        'dsc',
        'dce',
        'asl',
        'pcasl',
        'casl',
        'pasl',
        'rcbv',
        'rcbf',
        'cbv',
        'cbf',
        'mtt',
        'ttp',
        'tmax',
      ],
      ...['dynasuite', 'ktrans', 'dynamic', 'dynamisch', 'dinamic…', 'dynamique', 'permeab…'],
    ],
  },
  {
    why: 'functional MRI',
    words: ['bold', 'fmri', 'rsfmri', 'resting', 'ep2d bold', 'funktionell', 'fonctionnelle'],
  },
  {
    why: 'spectroscopy',
    words: ['svs', 'csi', 'mrs', 'mrsi', 'spectro…', 'spektro…', 'espectro…', 'spettro…'],
  },
  {
    why: 'calibration or field map',
    words: [
      ...[
        'fieldmap…',
        'field map…',
        'gre field',
        'b1map…',
        'b0map…',
        'shim…',
        'calib…',
        'asset',
        'sense ref…',
        'coilsens…',
      ],
      ...['ref scan', 'refscan'],
    ],
  },
  {
    why: 'derived (reformatted, projected or subtracted)',
    words: [
      ...[
        'mip',
        'minip',
        'mnip',
        'reform…',
        'rekon…',
        'recon',
        'vrt',
        'subtr…',
        'sottraz…',
        'substr…',
        'sub',
        'collapsed',
      ],
      ...['t1map', 't2map', 'synthetic', 'synthetisch'],
    ],
  },
  {
    why: 'screenshot or report',
    words: [
      'screen…',
      'capture…',
      'snapshot',
      'key image…',
      'report',
      'befund',
      'protocole',
      'dose',
      'exam summary',
      'screensave',
    ],
  },
  { why: 'proton density', words: ['pd', 'pdw', 'proton…', 'densite protonique', 'dp'] },
  {
    why: 'another part of the body',
    words: [
      'spine',
      'cspine',
      'tspine',
      'lspine',
      'cervical',
      'thoracic',
      'lumbar',
      'hws',
      'bws',
      'lws',
      'orbit…',
    ],
  },
];

/** The patient was operated or irradiated. */
export const TREATED: readonly string[] = [
  ...[
    'postop…',
    'post op…',
    'post surg…',
    'post resec…',
    'resect…',
    'craniot…',
    'debulk…',
    'irradi…',
    'radiother…',
    'xrt',
  ],
  ...['chemorad…', 'radiochem…', 'radiation', 'surgery', 'operated', 'recurren…'],
  ...[
    'zustand nach',
    'zn op',
    'z n op',
    'resekt…',
    'resez…',
    'operation',
    'operiert…',
    'bestrahl…',
    'strahlenther…',
    'radiatio',
    'kraniot…',
    'trepan…',
  ],
  ...['rezidiv…', 'exerese', 'opere…', 'chirurgie', 'recidiv…'],
  ...['resecc…', 'operad…', 'cirugia', 'intervenid…', 'radioter…', 'craneot…', 'postquirurgic…'],
  ...['operato', 'operata', 'intervento', 'postchirurg…'],
  ...['ressec…', 'cirurgia', 'pos op…', 'posop…'],
  ...['resectie', 'geopereerd', 'operatie', 'bestral…', 'bestraald'],
];

/** A glioma is suspected or known. */
export const GLIOMA: readonly string[] = [
  ...[
    'gliom…',
    'gliobl…',
    'gbm',
    'lgg',
    'hgg',
    'astrocyt…',
    'astrocit…',
    'astrozyt…',
    'oligodendro…',
    'oligoastro…',
  ],
];

/** After one of these the next words are denied. */
export const NEGATIONS: readonly string[] = [
  ...[
    'no',
    'not',
    'without',
    'never',
    'before',
    'pre',
    'prior',
    'kein',
    'keine',
    'ohne',
    'vor',
    'pas',
    'sans',
    'avant',
  ],
  ...[
    'sin',
    'antes',
    'senza',
    'non',
    'prima',
    'sem',
    'nao',
    'geen',
    'zonder',
    'niet',
    'voor',
    'planned',
    'geplant',
    'geplante',
  ],
];
