import { loadLocale } from 'wuchale/load-utils';
import { languageAtStart } from './state/language.js';
import './locales/main.loader.js';
import './locales/words.loader.js';
import './styles/base.css';

// Texts are looked up when modules are evaluated: the catalogue has to be there before the first of them.
const language = languageAtStart();
document.documentElement.lang = language;
await loadLocale(language);
await import('./app.js');
