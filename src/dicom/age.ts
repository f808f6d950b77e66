/** A patient's age: whole years, and as a person says it. */
export interface Age {
  readonly years: number;
  /** `56`, `8 months`, `3 weeks`, `2 days`. */
  readonly text: string;
}

const UNITS = { D: ['day', 365.25], W: ['week', 52.18], M: ['month', 12], Y: ['year', 1] } as const;
const YEAR_MS = 365.25 * 24 * 3600 * 1000;

/**
 * Age by DICOM's Patient's Age (`056Y`, `008M`, `003W`, `010D`), else by dates of birth and study (ISO 8601).
 * null where neither tells; anonymisers write 000Y.
 */
export function ageOf(
  age: string | undefined,
  birth: string | null,
  studyDate: string | undefined,
): Age | null {
  const match = age?.trim().match(/^(\d{1,3})([DWMY])$/i);
  if (match && Number(match[1]) > 0) {
    const count = Number(match[1]);
    const [unit, perYear] = UNITS[match[2].toUpperCase() as keyof typeof UNITS];
    return { years: Math.floor(count / perYear), text: unit === 'year' ? `${count}` : counted(count, unit) };
  }
  const years = (Date.parse(studyDate ?? '') - Date.parse(birth ?? '')) / YEAR_MS;
  if (!(years >= 0 && years < 130)) return null;
  const whole = Math.floor(years);
  return {
    years: whole,
    text: whole >= 2 ? `${whole}` : counted(Math.max(1, Math.round(years * 12)), 'month'),
  };
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
