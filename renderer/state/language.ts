import { firstSpoken, isLanguage, type Language } from '../../src/contract/languages.js';

/** Where a window finds the language before it has asked for the settings. */
const KEPT = 'quorum-language';

/** The language that the window starts in: the one it had last, or the system's. */
export function languageAtStart(): Language {
  const kept = localStorage.getItem(KEPT);
  return isLanguage(kept) ? kept : firstSpoken(navigator.languages);
}

/** Takes the language of the settings. Returns whether the window has to be loaded again to show it. */
export function takeLanguage(chosen: 'system' | Language): boolean {
  if (chosen === 'system') localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, chosen);
  return languageAtStart() !== document.documentElement.lang;
}
