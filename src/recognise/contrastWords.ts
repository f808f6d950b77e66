/**
 * Words for contrast agent and what stands around them, in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech,
 * Croatian, Swedish, Danish, Norwegian, Finnish, Romanian, Hungarian, Turkish, Catalan, Indonesian, Greek and Russian. Data only.
 */

const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

const NOUN =
  /^(contrast\p{L}*|contrats?|kontras\p{L}*|контраст\p{L}*|σκιαγραφικ\p{L}*|gad\p{L}*|gd\p{L}{0,4}|km|kmi|ivkm?|ivcm|mdc|pdc|civ|ctt?e|[sc]kiagraf\p{L}*|thuoc|tiem|ניגוד|تباين|صبغة|تزریق|inj\p{L}{0,9}|inyec\p{L}*|iniez\p{L}*|tehost\p{L}*|wzmocn\p{L}*|enhanc\p{L}*|verstark\p{L}*|rehauss\p{L}*|realce|realzad\p{L}*)$/u;
const AGENTS = set(
  'dotarem clariscan magnevist omniscan prohance multihance optimark elucirem vueway primovist eovist ablavar vasovist artirem gadovist gadavist pixxoscan cyclolux dotagita dtpa gbca ce cet1 ku ку agent',
);
/** Mean contrast only beside a word that affirms or denies. */
export const WEAK_NOUNS = set('kl ku ку ks mc cm iv agent dotagita');
const WEAK = /^(kl|ks|mc|cm|iv)$/;
/** Means contrast only beside a word that denies. */
const WEAKEST = 'c';

/** Whether a word means contrast agent; not a length in centimetres. */
export function isNoun(word: string, before: string | undefined): boolean {
  if (WEAK.test(word))
    return (
      !/^\d+$/.test(before ?? '') && before !== undefined && (DENIALS.has(before) || AFFIRMING.has(before))
    );
  if (word === WEAKEST) return before !== undefined && DENIALS.has(before);
  return NOUN.test(word) || AGENTS.has(word);
}

/** Before a word for contrast: it was not given, or not yet. */
export const DENIALS = set(`
  without wo no non not none nil pre prior before bef unenhanced w0 minus
  ohne vor vorher prae pra bevor kein keine keinem nicht nativ
  sans avant pas aucun aucune hors
  sin antes previo previa
  senza prima
  sem nao
  zonder voor geen niet
  bez przed nie prije pred
  utan fore innan ej uden for uten inte ikke
  ilman ennen ei
  fara inainte
  oncesi once
  be pries pirms enne ilma
  sense abans
  tanpa sebelum
  χωρισ χωριs χωρις πριν
  brez bila khong truoc
  без до преди пред
  ללא לפני بدون قبل
`);
/** Behind it. */
export const DENYING_AFTER = set(
  'nelkul nélkul elott oncesi ncesi once yok free frei no none neg negative yoktur unenhanced native nativ',
);

/** Before a word for contrast: it was given. */
export const AFFIRMING = set(`
  with w post after following plus add since
  mit nach
  avec apres
  con tras despues pos
  dopo
  com apos depois
  met na
  z ze po s so
  med efter etter
  nakon poslije posle
  cu dupa
  sa
  amb despres
  dengan setelah sesudah
  sonra sonrasi
  με μετα
  с со после след після
  sau עם אחרי مع بعد با
`);
export const AFFIRMING_AFTER = set('utan sonrasi sonra jalkeen yes ja oui si');

/** Alone: before contrast. */
export const LONE_NATIVE: readonly string[] = [
  ...[
    'pre',
    'prae',
    'native',
    'nativ',
    'nativdarstellung',
    'natif',
    'natifs',
    'nativa',
    'nativo',
    'nativni',
    'natiivi',
  ],
  ...[
    'natywn…',
    'unenhanced',
    'nonenhanced',
    'noncontrast',
    'noncon',
    'non con',
    'precontrast',
    'plain',
    'basale',
    'basal',
    'diretta',
    'simple',
  ],
  ...[
    'blanco',
    'wo',
    'without',
    'nce',
    'nc',
    'ncs',
    'nonce',
    'smdc',
    'precm',
    'prekm',
    'oncesi',
    's c',
    'нативн…',
    'натив',
  ],
];
/** At the end of a text: before contrast, whatever word was left out. */
export const LONE_DENIALS = set(
  'ohne sans sin senza sem zonder bez utan uden uten ilman fara before avant vor без',
);
/** Alone, in a T1: after contrast. */
export const LONE_WEAK = set('iv cm pi pc cc cmdc kl ku ку');

/** `post`, `pre` and the like that mean an operation or a treatment, not an agent; and contrast that is none. */
export const NOT_TREATMENT_OF_CONTRAST: readonly string[] = [
  ...['post', 'pre', 'pos', 'intra'].flatMap((when) =>
    [
      'op',
      'ops',
      'oper…',
      'operat…',
      'surg…',
      'rt',
      'radio…',
      'resec…',
      'resek…',
      'chir…',
      'srs',
      'tx',
      'chemo…',
      'bestr…',
      'biops…',
      'gk',
    ].map((what) => `${when} ${what}`),
  ),
  ...[
    'post treat…',
    'pre treat…',
    'post therap…',
    'pre therap…',
    'post processing',
    'postprocess…',
    'preop…',
    'postop',
    'postoper…',
  ],
  ...[
    'prescan norm…',
    'pre scan',
    'prescan',
    'phase contrast',
    'post chir…',
    'nach op',
    'nach operation',
    'vor op',
    'nach resekt…',
  ],
];

/** Between a word that denies and the word for contrast: two images in one name, “nativ und KM”. */
export const AND = set('und u and et e y i och og en oraz ve и &');
/** Letters that may stand for “ohne”, “vor” or “uten” before contrast, and for much else. */
export const UNCLEAR_LETTERS = set('o v u s');

/** Words that may stand before the word for contrast without denying it. */
export const TECHNICAL = set(`
  t1 t2 flair t1w wi se tse fse fsgpr spgr fspgr fgre gre gr tfe ffe fl ffe3d vibe mprage mpr tfl bravo cube space stealth star radial lava flex thrive
  quick fast turbo spin echo grad gradient ax axi axl axial axiale axiaal oax osag ocor obl oblique tra trans transv transversal transverse transversaal trv
  sag sagittal sagital sagittale cor coronal coronale koronar kor coro frontal 2d 3d 4d vol volume whole full brain head hirn kopf schadel neuro cran crane crânio
  cranio cranial cerebro cerebral cerveau encef encefalo tete testa cabeza cabeca hoofd hersen glowa mozg mozek hlava hjarn hjarna hoved hode aivot aivo cap creier kafa beyin
  clear fs fatsat fat sat sup supp suppr spir spair spec proset mdixon dixon water wat we sense grappa caipi asset arc p2 p3 hr hires high res resol thin thick fc flow comp
  mt mtc blade propel mvxd dyn ir irp irtse iso isotrop nav navi neuronav brainlab stereo frame gk gamma knife cyber rt plan planning mri mr irm rm tumor tumour gbm mm cm slice
  sl gap low ce rpt repeat run acq rec desc part nd norm dis2d dis3d std routine delay delayed late early dixw sub ses pat p re wfs tr te ti dark blood
  i ii iii iv bolus dose single double half the of das der des dem de la le el del di du van het och and und et y e medium mittel medio mezzo produit agent agente sostanza
  ml mmol mg kg cc rage lab dtpa eg ev assiale assiali assial
  kuva kuvat bild bilder image images obraz obrazy
  via i.v. venous ven intrav sequence seq series serie study exam
`);
