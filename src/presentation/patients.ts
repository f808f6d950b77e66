import type { Patient } from '../contract/patient.js';

/** `MUSTER, Anna` from `Muster^Anna`; of several writings of a name the first. */
export function patientName(name: string): string {
  const [family, ...given] = name.split('=')[0].split('^');
  const rest = given.filter(Boolean).join(' ');
  return rest ? `${family.toUpperCase()}, ${rest}` : family;
}

/** `F 54 y`; empty where neither is known. */
export function sexAndAge({ sex, age }: Patient): string {
  return [sex, age === null ? null : `${age} y`].filter((part) => part !== null).join(' ');
}

/** Whole days from one ISO date to another. */
export function daysBetween(from: string, to: string): number {
  const day = (text: string) => Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  return Math.round((day(to) - day(from)) / 86_400_000);
}
