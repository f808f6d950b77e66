import type { Settings } from '../../src/contract/index.js';

/** Sets the colours of the page, and follows the system where that is what was chosen. Returns how to stop. */
export function followTheme(theme: Settings['theme']): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const dark = theme === 'system' ? system.matches : theme === 'dark';
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  };
  apply();
  system.addEventListener('change', apply);
  return () => system.removeEventListener('change', apply);
}
