/** Languages of the window; ISO 639-1. Reports, files and the terminal are English. */
export const LANGUAGES = ['en', 'de', 'fr', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first of the languages that a person reads (BCP 47 tags) which Quorum speaks; English where it speaks none. */
export function firstSpoken(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en';
}

/** Whether the window has texts in this language. */
export function isLanguage(tag: string | null | undefined): tag is Language {
  return LANGUAGES.some((language) => language === tag);
}
