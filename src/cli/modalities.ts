import { InvalidArgumentError } from 'commander';
import { MODALITIES, type Modality } from '../terms.js';

/** `t1,flair` → its sequences in MODALITIES order. */
export function parseModalities(text: string): Modality[] {
  const names = text
    .toLowerCase()
    .split(/[,+]/)
    .map((name) => name.trim())
    .filter(Boolean);
  const wrong = names.find((name) => !MODALITIES.some((m) => m === name));
  if (wrong !== undefined || names.length === 0)
    throw new InvalidArgumentError(`Expected some of ${MODALITIES.join(',')}.`);
  return MODALITIES.filter((m) => names.includes(m));
}
