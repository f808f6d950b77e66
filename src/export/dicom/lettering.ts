import { QuorumError } from '../../errors.js';

/** Letters of 5×7 dots: a character per row from the top, a digit of base 32 with the leftmost dot as its highest bit. */
const LETTERS: Readonly<Record<string, string>> = {
  ' ': '0000000',
  A: '4AHHVHH',
  B: 'UHHUHHU',
  C: 'EHGGGHE',
  D: 'UHHHHHU',
  E: 'VGGUGGV',
  F: 'VGGUGGG',
  G: 'EHGNHHE',
  H: 'HHHVHHH',
  I: 'E44444E',
  J: '72222IC',
  K: 'HIKOKIH',
  L: 'GGGGGGV',
  M: 'HRLLHHH',
  N: 'HPLLJHH',
  O: 'EHHHHHE',
  P: 'UHHUGGG',
  Q: 'EHHHLID',
  R: 'UHHUKIH',
  S: 'EHGE1HE',
  T: 'V444444',
  U: 'HHHHHHE',
  V: 'HHHHHA4',
  W: 'HHHLLRH',
  X: 'HHA4AHH',
  Y: 'HHA4444',
  Z: 'V1248GV',
  m: '00QLLLL',
  l: 'C44444E',
  '0': 'EHJLPHE',
  '1': '4C4444E',
  '2': 'EH1248V',
  '3': 'V2421HE',
  '4': '26AIV22',
  '5': 'VGU11HE',
  '6': '68GUHHE',
  '7': 'V124888',
  '8': 'EHHEHHE',
  '9': 'EHHF12C',
  '.': '00000CC',
  ',': '00000C8',
  ':': '0CC0CC0',
  '-': '000V000',
  '+': '044V440',
  '/': '01248G0',
  '(': '2488842',
  ')': '8422248',
  '?': 'EH12404',
};

/** A letter with the gap to the next, in dots. */
export const LETTER_WIDTH = 6;
export const LETTER_HEIGHT = 7;

/**
 * The dots of one line of text, in upper case; a character without a letter here becomes `?`.
 *
 * @param set called for every dot with its distance from the left and from the top.
 */
export function drawText(text: string, set: (x: number, y: number) => void): void {
  const characters = [...text].map((one) => (one in LETTERS ? one : one.toUpperCase()));
  characters.forEach((character, n) => {
    const rows = LETTERS[character] ?? LETTERS['?'];
    for (let y = 0; y < LETTER_HEIGHT; y++) {
      const dots = Number.parseInt(rows[y], 32);
      for (let x = 0; x < 5; x++) if (dots & (16 >> x)) set(n * LETTER_WIDTH + x, y);
    }
  });
}

/** Breaks a text at spaces into lines of at most `most` characters. */
export function breakLines(text: string, most: number): string[] {
  if (most < 1) throw new QuorumError({ code: 'INTERNAL', field: 'line width', expected: 'at least 1' });
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= most || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((one) => one.slice(0, most));
}
