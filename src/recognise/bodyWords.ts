import { findPhrase, wordsOf } from './text.js';

const list = (text: string): string[] =>
  text
    .split(/[,\n]+/)
    .map((phrase) => phrase.trim())
    .filter(Boolean);

/** Parts of the body other than the head, in the languages of `contrastWords`, and radiology's short forms. */
const OTHER_PARTS: readonly string[] = list(`
  spine…, spinal…, cspine, tspine, lspine, cervical…, cervic…, cervik…, zervik…, thoracic…, thorac…, thorak…, lumbar…, lumbal…, lumbo…, lombar…, lombaire…, lombo…, lomb, dorsolumbar, hws, bws, lws, lwk, hwk, bwk,
  wirbels…, wirbel…, lenden…, lendenwirbel…, halswirbel…, brustwirbel…, wirbelsaule, lendenwirbelsaule, halswirbelsaule, brustwirbelsaule, rachis, colonne, columna, colonna, coluna, wervel…, kregoslup…, kregow…, rygg…, rygrad…, halsrygg…, landrygg…, selka…, coloana, gerinc…, omurga…, kicma, kraljez…, chrbtic…, позвон…, 脊柱, 颈椎, 腰椎, 胸椎,
  sacro…, sacroilia…, sacroiliac, sacrum, sacru…, sakro…, iliosakr…, iliosacr…, isg, si joint…, sij, ileosakr…, kreuzdarm…, kreuzbein, pelvis…, pelvic…, becken…, bassin…, bekken…, miednic…, panev, bacin…, backen, bekken, hip, hufte…, huft…, hanche…, cadera…, heup…, biodr…,
  knee…, knie…, kniegelenk…, genou…, rodilla…, ginocchio…, joelho…, koleno, kolano…, kna, polvi, shoulder…, schulter…, epaule…, hombro…, spalla…, ombro…, schouder…, axel, skulder…, abdomen…, abdomin…, oberbauch…, leber…, liver, foie,
  higado, fegato, figado, watrob…, mrcp, mamma, mammo…, breast…, mama, mamas, brust, borst, prostat…, herz…, cardiac…, cardio…, coeur, corazon, cuore, coracao, thorax…, torax…, torace, chest, lung…, poumon…,
  forearm, unterarm…, oberarm…, wrist…, handgelenk…, poignet…, muneca,  hand, hande, elbow…, ellbogen…, ellenbogen…, coude, codo, gomito, cotovelo, foot, fuss, vorfuss, pied, piede, voet, ankle…, sprunggel…, osg, cheville…, tobillo…,
  caviglia, tornozelo, enkel…, femur…, thigh, oberschenkel…, cuisse, muslo, coscia, tibia…, unterschenkel…, calf, jambe, kidney…, niere…,  rinon…, rene, nerki, uterus…, rectum…, rektum…, plexus…, neck, hals, nacken, cuello, collo,
  pescoco, szyi, szyja, kaula, halsweich…, larynx, pharynx, parotis, tmj, kiefergelenk…, whole body, wholebody, ganzkorper…, corps entier, cuerpo entero, extremit…, joint…, gelenk…, orbit…,
  rameno, ramena, ramien…, barku, bederni, krcni, patere, lendegerinc…, hatgerinc…, nyaki, boyun, nakke, genunchi, kolana, kolena, koljen…, korsrygg…, selgroog, mugurkaul…, stubur…, ομσσ, αμσσ, θμσσ,
  gewricht…, позвон…, поясн…, крестц…, сустав…, шеин…, колен…, плеч…, таз, таза, грудн…, брюшн…, хребет…, σπονδυλ…, οσφυ…, αυχεν…, γονατ…, ωμου, ιερολαγον…,
  腰椎…, 頸椎…, 颈椎…, 胸椎…, 脊椎…, 脊柱…, 仙腸…, 骶髂…, 骨盤…, 骨盆…, 盆腔…, 股関節…, 髋…, 膝…, 肩…, 手関節…, 腕关节…, 足関節…, 踝…, 腹部…, 上腹…, 肝…, 乳腺…, 乳房…, 前立腺…, 前列腺…, 心臓…, 心脏…, 頸部…, 颈部…,
  요추…, 경추…, 흉추…, 척추…, 천장…, 골반…, 무릎…, 어깨…, 복부…, 유방…`);

/** The head and the brain. */
const HEAD: readonly string[] = list(`
  brain…, head…, skull…, crani…, neurocran…, cereb…, cerv…, encef…, enceph…, intracran…, endocran…, neuro…, kopf…, schadel…, schaedel…, hirn…, gehirn…, cerveau…, crane…, tete, cabeza…, cerebro…, craneo…, testa, cervello, encefalo…, cabeca, cranio…, hoofd…, hersen…,
  schedel…, glowa, glowy, mozg…, mozek, mozku, hlava, hlavy, mozog, huvud…, hjarn…, hjern…, hoved…, hode…, hodet, skalle…, paa, paan, aivo…, koponya…, agy, agyi, kafa…, beyin…, creier…, craniu…, glava…, mozak, kefal…, 頭部…, 头部…, 头…, 頭…, 颅…, 頭蓋…, 脑…, 脳…, 뇌…, 두부…, εγκεφ…, голов…, мозг…, 头, 颅, 脑, 頭, 腦, dbs, gbm, gliom…, gliobl…,
  stealth…, brainlab`);

/** The cervical spine's word is the neck's, not the brain's: `cervic…` before `cerv…`. */
const isSpineWord = (word: string) => /^cervi[ck]/.test(word) && !/^cervice/.test(word);

/** What DICOM's Body Part Examined calls the head and what belongs to it (PS3.16 CID 4), and values that say nothing. */
const HEAD_CODES =
  /^(head|brain|skull|headneck|head.?neck|neuro|orbit|iac|pituitary|sella|ear|face|sinus|jaw|tmj|nose|unknown|other|none|default|)$/i;

/** The levels of vertebrae: C3-C7, L1-S1; never T1-T2, which are weightings. */
const LEVELS =
  /(?<![a-z0-9])(c[1-7]\s*[-–/_]\s*(c[1-7]|th?\d{1,2})|l[1-5]\s*[-–/_]\s*(l[1-5]|s[1-5]))(?![0-9a-z])/i;

/** A part of the body other than the head that a text names; null where it also names the head, or nothing.
 * A file's name holds the names of persons too: there a word may go on by two letters only. */
export function otherPartIn(text: string | undefined, isName = false): string | null {
  if (!text) return null;
  const levels = text.match(LEVELS);
  const words = wordsOf(text);
  if (namesHead(words)) return null;
  return levels?.[0] ?? findPhrase(isName ? shortened(words) : words, OTHER_PARTS)?.words ?? null;
}

/** Words that go on by more than two letters behind a beginning that counts become words that count for nothing. */
function shortened(words: readonly string[]): string[] {
  const stems = OTHER_PARTS.filter((part) => part.endsWith('…')).map((part) => part.slice(0, -1));
  return words.map((word) => {
    if (OTHER_PARTS.includes(word)) return word;
    const fitting = stems.filter((stem) => word.startsWith(stem));
    return fitting.length > 0 && fitting.every((stem) => word.length - stem.length > 2) ? '' : word;
  });
}

/** What may be imaged in an examination of the head as well. */
const NEAR_HEAD =
  /^(cervi|zervi|neck|hals|nacken|cuello|collo|pescoco|szy|kaula|larynx|pharynx|parotis|tmj|kiefer|orbit|plexus|spine|spinal|hws|hwk|c\d)/;

/** Whether a part of the body is far from the head: then a body part “HEAD” in its headers was left over. */
export function isFarFromHead(part: string): boolean {
  return !NEAR_HEAD.test(part.toLowerCase());
}

/** Whether a text names the head or the brain. */
export function headIn(text: string | undefined): boolean {
  return text !== undefined && namesHead(wordsOf(text));
}

function namesHead(words: readonly string[]): boolean {
  return (
    findPhrase(
      words.filter((word) => !isSpineWord(word)),
      HEAD,
    ) !== null
  );
}

/** Whether Body Part Examined names another part than the head. */
export function isOtherPart(bodyPart: string | undefined): boolean {
  const plain = (bodyPart ?? '').trim();
  if (HEAD_CODES.test(plain)) return false;
  return otherPartIn(plain) !== null || /^[CTL]{1,3}.?SPINE$|^SSPINE$/i.test(plain);
}
