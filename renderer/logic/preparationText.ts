import type { PreparedStep } from '../../src/contract/index.js';
import { MODALITY_TITLES } from '../../src/terms.js';

/** Steps, verdicts and numbers of a preparation as people read them. */

export const VERDICTS: Record<PreparedStep['verdict'], string> = {
  good: /* @wc-include */ 'ok',
  doubtful: 'please check',
  failed: /* @wc-include */ 'failed',
  skipped: 'not needed',
};

const STEPS: Record<PreparedStep['step'], string> = {
  reference: 'Reference sequence',
  'co-register': 'Aligned with the reference',
  atlas: 'Aligned with the atlas',
  'skull-strip': 'Brain cut out',
  resample: 'Resampled to 1 mm',
};

export function stepTitle({ step, sequence }: PreparedStep): string {
  return sequence && step !== 'reference' ? `${STEPS[step]}: ${MODALITY_TITLES[sequence]}` : STEPS[step];
}

/** The worst verdict among steps, good where all are. */
export function worstVerdict(steps: readonly PreparedStep[]): PreparedStep['verdict'] {
  return (['failed', 'doubtful'] as const).find((v) => steps.some(({ verdict }) => verdict === v)) ?? 'good';
}

const UNITS: readonly [ending: RegExp, unit: string, factor: number, digits: number][] = [
  [/Ml$/, ' ml', 1, 0],
  [/Mm$/, ' mm', 1, 1],
  [/Degrees$/, '°', 1, 1],
  [/Seconds$/, ' s', 1, 1],
  [/Share$/, ' %', 100, 0],
];

const NUMBERS: Readonly<Record<string, string>> = {
  overlap: /* @wc-include */ 'overlap',
  mutualInformation: 'mutual information',
  mutualInformationByHeaders: 'mutual information by the headers',
  mutualInformationInBrain: 'mutual information in the brain',
  shift: /* @wc-include */ 'shift',
  turn: /* @wc-include */ 'turn',
  scale: /* @wc-include */ 'scale',
  brain: /* @wc-include */ 'brain',
  agreementWithAtlas: 'agreement with the atlas',
  sliceSpacing: 'slice spacing',
};

/** `brainMl` 1432.1 → `brain 1432 ml`. */
export function numberText(name: string, value: number): string {
  const unit = UNITS.find(([ending]) => ending.test(name));
  const short = unit ? name.replace(unit[0], '') : name;
  const words =
    NUMBERS[short] ??
    short
      .replace(/([A-Z])/g, ' $1')
      .trim()
      .toLowerCase();
  if (!unit) return `${words} ${Number.isInteger(value) ? value : value.toFixed(2)}`;
  return `${words} ${(value * unit[2]).toFixed(unit[3])}${unit[1]}`.trim();
}
