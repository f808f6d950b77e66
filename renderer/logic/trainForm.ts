import { TRAIN_OPTIONS, type TrainOption } from '../../src/contract/trainOptions.js';
import type { TrainValues } from '../../src/contract/trainOrder.js';

/** Recipes to begin with, and the rest of the options, made from the one list of them. */

export interface Preset {
  readonly id: 'look' | 'standard' | 'thorough';
  readonly title: string;
  readonly text: string;
  readonly values: TrainValues;
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'look',
    title: 'A first look',
    text: 'A small network and few steps: does it learn from these data at all?',
    values: {
      ...{ steps: 300, width: 0.25, batch: 2, objectives: 'singles4' },
      ...{ 'validate-every': 100, 'checkpoint-every': 50 },
    },
  },
  {
    id: 'standard',
    title: 'Standard',
    text: 'The defaults of quorum train: gradients of five combinations a step, decoupled.',
    values: {},
  },
  {
    id: 'thorough',
    title: 'Thorough',
    text: 'A wider network, the singles and three more combinations a step, a running mean, early stop.',
    values: {
      ...{ steps: 20_000, width: 0.5, objectives: 'singles+3', optimiser: 'adamw', average: 0.999 },
      ...{ 'warm-up': 500, 'early-stop': 10 },
    },
  },
];

/** Options behind "more": all but where the model goes and the split, which are chosen beside the recipe. */
export const FORM_OPTIONS: readonly TrainOption[] = TRAIN_OPTIONS.filter(
  ({ name }) => name !== 'out' && name !== 'split',
);

/** What is typed over a preset; an empty field leaves the preset's value. */
export function valuesOf(preset: Preset, typed: Readonly<Record<string, string | boolean>>): TrainValues {
  const given = Object.entries(typed).filter(([, value]) => value !== '' && value !== false);
  return { ...preset.values, ...Object.fromEntries(given) };
}

/** What holds when a field is left empty. */
export function placeholderOf({ name, standard }: TrainOption, preset: Preset): string {
  const value = preset.values[name];
  return value === undefined ? (standard ?? '') : String(value);
}

/** `3 h 20 min`, `2 days`: how long a training takes. */
export function longDuration(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}
