/** Languages of the window; ISO 639-1. Reports, files and the terminal are English. */
export const LANGUAGES = ['en', 'de', 'fr', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];
