import { type Age, ageOf } from '../dicom/age.js';
import type { DicomImage } from '../dicom/image.js';
import { findPhrase, wordsOf } from '../recognise/text.js';
import { GLIOMA, NEGATIONS, TREATED } from '../recognise/treatmentWords.js';
import type { Suggestion, Suggestions } from './candidate.js';

const ADULT_FROM = 18;

/** What DICOM headers suggest for the three questions. */
export function suggestFromDicom(images: readonly DicomImage[]): Suggestions {
  const age = images.find((image) => image.age !== null)?.age ?? null;
  const texts = new Set(images.flatMap((image) => [...image.studyTexts, image.description, image.protocol]));
  const all = [...texts].filter((text) => text !== undefined);
  return {
    adult: adultBy(age, 'in the DICOM header'),
    treated: fromWords(all, TREATED, 'in the DICOM header'),
    glioma: fromWords(all, GLIOMA, 'in the DICOM header'),
  };
}

function adultBy(age: Age | null, where: string): Suggestion | null {
  return age && { answer: age.years >= ADULT_FROM, source: `age ${age.text} ${where}` };
}

/** What the names of files and folders, and texts beside them, suggest. */
export function suggestFromNames(
  names: readonly string[],
  texts: readonly string[],
  age?: string,
): Suggestions {
  const from = (phrases: readonly string[]) =>
    fromWords(names, phrases, 'in the file names') ??
    fromWords(texts, phrases, 'in the file beside the image');
  const adult = adultBy(ageOf(age, null, undefined), 'in the file beside the image');
  return { adult, treated: from(TREATED), glioma: from(GLIOMA) };
}

/** Words only ever suggest yes: that nothing is said means nothing. */
function fromWords(texts: readonly string[], phrases: readonly string[], where: string): Suggestion | null {
  for (const text of texts) {
    const words = wordsOf(text);
    const found = findPhrase(words, phrases);
    if (!found) continue;
    const isDenied = words
      .slice(Math.max(0, found.at - 2), found.at)
      .some((word) => NEGATIONS.includes(word));
    if (!isDenied) return { answer: true, source: `“${found.words}” ${where}` };
  }
  return null;
}
