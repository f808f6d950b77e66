import { type Phrase, PREPARATION_PHRASES } from './preparationReasons.js';
import { gaps, given, kindOf, place, plane } from './reasonWords.js';

/**
 * Reasons of the recogniser, of intake and of preparation, part by part in the language of whoever reads: reports and the terminal
 * have them in English, the window translates them. What is put in between (words of names and headers, times, numbers) stays.
 */

interface Told {
  readonly text: string;
  /** Every part of it was known; else what was not stands there in English. */
  readonly isKnown: boolean;
}

/** What is meant is told by the words around: tried from the first. */
const PHRASES: readonly Phrase[] = [
  [
    /^“([^”]*)” in the (name|folder’s name|description|protocol|sequence’s name)$/,
    (q, w) => `“${q}” ${place(w)}`,
  ],
  [/^(“[^”]*” in the .*), (TI \d+ ms)$/, (words, time) => `${inner(words)}, ${time}`],
  [/^“([^”]*)” as the sequence’s name$/, (q) => `“${q}” as the sequence’s name`],
  [/^“([^”]*)” as Body Part Examined$/, (q) => `“${q}” as Body Part Examined`],
  [
    /^“([^”]*)” in the description of the examination$/,
    (q) => `“${q}” in the description of the examination`,
  ],
  [/^((?:T[ERI] \d+ ms(?:, )?)+)$/, (times) => times],
  [/^(T[ERI] .*), gradient echo$/, (times) => `${times}, gradient echo`],
  [/^several sequences in the (.*?): (.*)$/, (w, list) => `several sequences ${place(w)}: ${list}`],
  [
    /^(.*): the inversion time that tells FLAIR from STIR is not known$/,
    (words) => `${inner(words)}: the inversion time that tells FLAIR from STIR is not known`,
  ],
  [
    /^no word tells the sequence, and (.*) does not either$/,
    (times) => `no word tells the sequence, and ${inner(times)} does not either`,
  ],
  [/^neither words nor times tell the sequence$/, () => 'neither words nor times tell the sequence'],
  [/^(T.*) is (T1|T1ce|T2|FLAIR), though (“.*)$/, (a, b, c) => `${inner(a)} is ${b}, though ${inner(c)}`],
  [/^(.+), though (“.*)$/, (times, words) => `${inner(times)}, though ${inner(words)}`],
  [/^diffusion \(b (\d+)\)$/, (b) => `diffusion (b ${b})`],
  [/^diffusion \(b (\d+) of a diffusion series\)$/, (b) => `diffusion (b ${b} of a diffusion series)`],
  [/^the uniform image of an MP2RAGE acquisition$/, () => 'the uniform image of an MP2RAGE acquisition'],
  [/^a word for a mask in the name$/, () => 'a word for a mask in the name'],
  [/^a DICOM segmentation$/, () => 'a DICOM segmentation'],
  [/^(SEG|RTSTRUCT): a segmentation, no image$/, (kind) => `${kind}: a segmentation, no image`],
  [/^no modality: not MRI$/, () => 'no modality: not MRI'],
  [/^(\w+): not MRI$/, (kind) => `${kind}: not MRI`],
  [/^colour image$/, () => 'colour image'],
  [/^no MR image \(SOP class\)$/, () => 'no MR image (SOP class)'],
  [/^dynamic: (\d+) volumes at one place$/, (n) => `dynamic: ${n} volumes at one place`],
  [/^only 1 slice$/, () => 'only 1 slice'],
  [/^only (\d+) slices$/, (n) => `only ${n} slices`],
  [/^the header does not say where its slices lie$/, () => 'the header does not say where its slices lie'],
  [/^its slices are not evenly spaced$/, () => 'its slices are not evenly spaced'],
  [/^1 of its slices is missing \((.*)\)$/, (where) => `1 of its slices is missing (${gaps(where)})`],
  [
    /^(\d+) of its slices are missing \((.*)\)$/,
    (n, where) => `${n} of its slices are missing (${gaps(where)})`,
  ],
  [
    /^one missing slice \((.*)\) is interpolated$/,
    (where) => `one missing slice (${gaps(where)}) is interpolated`,
  ],
  [
    /^its slices, (.*) to (.*) mm apart, are interpolated to an even distance$/,
    (from, to) => `its slices, ${from} to ${to} mm apart, are interpolated to an even distance`,
  ],
  [
    /^its slices are shifted against each other by (\d+)° \(a tilted gantry\)$/,
    (degrees) => `its slices are shifted against each other by ${degrees}° (a tilted gantry)`,
  ],
  [
    /^its voxels are a mask, whatever names and headers say$/,
    () => 'its voxels are a mask, whatever names and headers say',
  ],
  [
    /^its voxels look like (.*) \(right for (\d+) of (\d+) images\): to be chosen by the user$/,
    (as, right, all) =>
      `its voxels look like ${as} (right for ${right} of ${all} images): to be chosen by the user`,
  ],
  [/^nothing of a contrast agent$/, () => 'nothing of a contrast agent'],
  [/^no contrast agent in the header$/, () => 'no contrast agent in the header'],
  [/^contrast agent in the header$/, () => 'contrast agent in the header'],
  [/^though the header names no contrast agent$/, () => 'though the header names no contrast agent'],
  [/^though the header names a contrast agent$/, () => 'though the header names a contrast agent'],
  [/^(.*) may mean before or after$/, (words) => `${inner(words)} may mean before or after`],
  [/^acquired after the injection at (.*)$/, (time) => `acquired after the injection at ${time}`],
  [/^acquired before the injection at (.*)$/, (time) => `acquired before the injection at ${time}`],
  [
    /^no contrast agent in the header, but in later series$/,
    () => 'no contrast agent in the header, but in later series',
  ],
  [
    /^its voxels show contrast agent beside the other T1 (.*) \(never wrong where it told, in (\d+) stripped pairs and one with its skull\)$/,
    (other, pairs) =>
      `its voxels show contrast agent beside the other T1 ${other} (never wrong where it told, in ${pairs} stripped pairs and one with its skull)`,
  ],
  [
    /^its voxels show no contrast agent beside the other T1 (.*) \(never wrong where it told, in (\d+) stripped pairs and one with its skull\)$/,
    (other, pairs) =>
      `its voxels show no contrast agent beside the other T1 ${other} (never wrong where it told, in ${pairs} stripped pairs and one with its skull)`,
  ],
  [/^by its time among the other T1$/, () => 'by its time among the other T1'],
  [/^their voxels do not tell either$/, () => 'their voxels do not tell either'],
  [
    /^acquired before the T1 after contrast agent (.*)$/,
    (other) => `acquired before the T1 after contrast agent ${other}`,
  ],
  [
    /^acquired before the T1 (.*), which is without contrast agent$/,
    (other) => `acquired before the T1 ${other}, which is without contrast agent`,
  ],
  [
    /^acquired after the T1 after contrast agent (.*)$/,
    (other) => `acquired after the T1 after contrast agent ${other}`,
  ],
  [
    /^acquired (\d+) minutes after the T1 without contrast agent (.*), and (.*)$/,
    (n, other, why) =>
      `acquired ${n} minutes after the T1 without contrast agent ${other}, and ${given(why)}`,
  ],
  [
    /^the same name twice, (\d+) minutes apart, and (.*): the earliest is the one before$/,
    (n, why) => `the same name twice, ${n} minutes apart, and ${given(why)}: the earliest is the one before`,
  ],
  [
    /^the same name twice, (\d+) minutes apart, and (.*): the latest is the one after$/,
    (n, why) => `the same name twice, ${n} minutes apart, and ${given(why)}: the latest is the one after`,
  ],
  [
    /^the same name (\d+) times, (\d+) minutes apart, and (.*): the earliest is the one before$/,
    (times, n, why) =>
      `the same name ${times} times, ${n} minutes apart, and ${given(why)}: the earliest is the one before`,
  ],
  [
    /^the same name (\d+) times, (\d+) minutes apart, and (.*): the latest is the one after$/,
    (times, n, why) =>
      `the same name ${times} times, ${n} minutes apart, and ${given(why)}: the latest is the one after`,
  ],
  [
    /^(\d+) T1 series, (.*), and nothing tells which is after contrast agent$/,
    (n, why) => `${n} T1 series, ${given(why)}, and nothing tells which is after contrast agent`,
  ],
  [
    /^(\d+) T1 series and nothing tells which is after contrast agent$/,
    (n) => `${n} T1 series and nothing tells which is after contrast agent`,
  ],
  [
    /^acquired after a T1 without contrast agent, and nothing says whether an agent was given between them$/,
    () =>
      'acquired after a T1 without contrast agent, and nothing says whether an agent was given between them',
  ],
  [
    /^the agent stands in the header of every series$/,
    () => 'the agent stands in the header of every series',
  ],
  [
    /^(.*), and nothing says of this one series whether it is before or after$/,
    (why) => `${given(why)}, and nothing says of this one series whether it is before or after`,
  ],
  [
    /^(\d+) series claim to be it, and nothing that is known tells them apart$/,
    (n) => `${n} series claim to be it, and nothing that is known tells them apart`,
  ],
  [/^another was chosen by the user$/, () => 'another was chosen by the user'],
  [/^the chosen one is whole$/, () => 'the chosen one is whole'],
  [/^its signs contradict each other \((.*)\)$/, (why) => `its signs contradict each other (${inner(why)})`],
  [
    /^another part of the same kind of acquisition serves better$/,
    () => 'another part of the same kind of acquisition serves better',
  ],
  [/^covers (.*), the chosen one (.*)$/, (own, best) => `covers ${own}, the chosen one ${best}`],
  [/^(axial|coronal|sagittal)$/, (own) => plane(own)],
  [/^the chosen one is fine in every direction$/, () => 'the chosen one is fine in every direction'],
  [
    /^the chosen one is (axial|coronal|sagittal) like the others$/,
    (own) => `the chosen one is ${plane(own)} like the others`,
  ],
  [
    /^acquired after contrast agent was given \(T1ce (.*)\)$/,
    (other) => `acquired after contrast agent was given (T1ce ${other})`,
  ],
  [/^the chosen one before$/, () => 'the chosen one before'],
  [/^acquired earlier$/, () => 'acquired earlier'],
  [
    /^a corrected copy of the chosen one, by its name$/,
    () => 'a corrected copy of the chosen one, by its name',
  ],
  [
    /^its slices lie (.*) mm apart, those of the chosen one (.*) mm$/,
    (own, best) => `its slices lie ${own} mm apart, those of the chosen one ${best} mm`,
  ],
  [/^equal to the chosen one$/, () => 'equal to the chosen one'],
  [/^chosen by the user$/, () => 'chosen by the user'],
  [/^chosen by the user earlier$/, () => 'chosen by the user earlier'],
  [/^could not be converted$/, () => 'could not be converted'],
  [/^could not be converted \(it took too long\)$/, () => 'could not be converted (it took too long)'],
  [/^could not be converted \((.*)\)$/, (why) => `could not be converted (${why})`],
  // What is in doubt of an examination, what headers leave open, and what was passed over.
  [/^its images were acquired on several days$/, () => 'its images were acquired on several days'],
  [/^the files name no patient \(PatientID\)$/, () => 'the files name no patient (PatientID)'],
  [
    /^the files name no examination \(StudyInstanceUID\)$/,
    () => 'the files name no examination (StudyInstanceUID)',
  ],
  [/^one patient number, several names$/, () => 'one patient number, several names'],
  [/^one patient number, several dates of birth$/, () => 'one patient number, several dates of birth'],
  [
    /^no header says which side is left and which is right$/,
    () => 'no header says which side is left and which is right',
  ],
  [
    /^its matrix \(sform\) has no voxel size: pixdim was taken$/,
    () => 'its matrix (sform) has no voxel size: pixdim was taken',
  ],
  [
    /^its matrix \(sform\) places no voxel: the qform was taken$/,
    () => 'its matrix (sform) places no voxel: the qform was taken',
  ],
  [/^other files$/, () => 'other files'],
  [/^DICOMDIR \(all files are looked at\)$/, () => 'DICOMDIR (all files are looked at)'],
  [
    /^invalid UIDs \((.*)\): read, but DICOM results cannot refer to them$/,
    (names) => `invalid UIDs (${names}): read, but DICOM results cannot refer to them`,
  ],
  [
    /^(.*): (no header says which side is left and which is right|its matrix \(sform\) .*)$/,
    (file, remark) => `${file}: ${inner(remark)}`,
  ],
  ...PREPARATION_PHRASES,
];

/** A reason as the window tells it. */
export function reasonText(reason: string): Told {
  const parts = whole(reason) === null ? reason.split('; ') : [reason];
  const told = parts.map((part) => whole(part));
  return {
    text: told.map((words, n) => words ?? parts[n]).join('; '),
    isKnown: told.every((words) => words !== null),
  };
}

const inner = (part: string) => reasonText(part).text;

function whole(part: string): string | null {
  if (part === '') return '';
  const kind = kindOf(part);
  if (kind !== null) return kind;
  for (const [pattern, words] of PHRASES) {
    const found = pattern.exec(part);
    if (found) return words(...found.slice(1));
  }
  return composed(part);
}

/** What is said of another reason. */
function composed(part: string): string | null {
  const doubt = /^in doubt: (.*)$/.exec(part);
  if (doubt && reasonText(doubt[1]).isKnown) return `in doubt: ${inner(doubt[1])}`;
  const either = /^T1 or T1ce: (.*)$/.exec(part);
  if (either && reasonText(either[1]).isKnown) return `T1 or T1ce: ${inner(either[1])}`;
  const but = /^(.*), but (acquired .*)$/.exec(part);
  if (but?.slice(1).every((one) => reasonText(one).isKnown)) return `${inner(but[1])}, but ${inner(but[2])}`;
  const of = /^(.*?): (.*)$/.exec(part);
  const kind = of && kindOf(of[1]);
  return of && kind && reasonText(of[2]).isKnown ? `${kind}: ${inner(of[2])}` : null;
}
