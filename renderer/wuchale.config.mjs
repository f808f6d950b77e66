import { adapter as svelte } from '@wuchale/svelte';
import { defineConfig, pofile } from 'wuchale';
import { parseScript, Transformer, adapter as vanilla } from 'wuchale/adapter-vanilla';

/**
 * Which texts of the window are translated: sources are written in English, the build finds the texts in them and replaces them by
 * look-ups in `locales/*.po`. `npm run locales` brings the catalogues up to date. A comment `@wc-include` or `@wc-ignore` overrules.
 */

const NO_TEXT_ELEMENTS = new Set(['code', 'kbd', 'script', 'style', 'svg', 'path']);
const TEXT_ATTRIBUTE = /^(title|placeholder|alt|label|aria-(label|description|valuetext|roledescription))$/;
const NO_TEXT_CALL =
  /(^|\.)(querySelector(All)?|matchMedia|addEventListener|matches|closest|getContext|RangeError|TypeError|startsWith|endsWith|split|fetch)$|^console\./;
/** Keys as the browser and the keyboard name them. */
const KEY =
  /^((Alt|Ctrl|Shift|Meta)\+|(Enter|Escape|Space|Tab|Home|End|Delete|Backspace|Control|Page (Up|Down))$)/;

/** Names of CSS classes, and CSS. */
const STYLE = /^(button|modal|card|row|stack|tag)( [a-z-]+)+$|\dpx\b|px [a-z-]+,|^[a-z]+\(/;

/** A place for a value, in markup and in template literals. */
const VALUE = /\{\d+\}|#/g;

/** Two words of prose, a capitalised word, or words around a value: not a name that the code uses. */
function isProse(text, file) {
  const words = text.replace(VALUE, ' ').trim();
  if (!/\p{L}{2}/u.test(words) || KEY.test(words) || STYLE.test(words)) return false;
  if (/^\S*\p{Ll}\p{Lu}\S*$/u.test(words) || /^\p{Lu}\p{Ll}+(-\p{Lu}\p{Ll}+)+$/u.test(words)) return false;
  if (/^\p{Lu}\p{Ll}\S*$/u.test(words)) return !/[_=/]/.test(words);
  if (/^\p{Lu}\p{Ll}/u.test(words)) return true;
  const isPhrase = /\p{L}[’'\p{L}]*[,:;]? \S*\p{L}/u.test(words);
  const isAround =
    text.search(VALUE) >= 0 && / /.test(text) && /(^|[ (“])\p{Ll}{2,}([ ).,”:]|$)/u.test(words);
  // One word and values: in state they are keys of what is kept.
  return isPhrase || (isAround && !file.startsWith('state/'));
}

function heuristic({ msgStr, details: { scope, element, attribute, call, file } }) {
  if (NO_TEXT_ELEMENTS.has(element)) return false;
  const text = msgStr.join(' ').replace(/<\/?\d+\/?>/g, ' ');
  const isText = TEXT_ATTRIBUTE.test(attribute ?? '');
  if (scope === 'markup' || (isText && scope === 'attribute'))
    return /\p{L}{2}/u.test(text.replace(/\{\d+\}/g, ' ')) && 'message';
  if (attribute && !isText && !/^[A-Z]/.test(element ?? '')) return false;
  if (scope === 'script' && call === 'count') return 'message';
  if (scope === 'script' && call && NO_TEXT_CALL.test(call)) return false;
  return isProse(text, file) && 'message';
}

const plain = { wrapInit: (expression) => expression, wrapUse: (expression) => expression };
/** Texts are looked up once; in a module at its top alone. */
const runtime = {
  initReactive: ({ funcName, file }) => (file.endsWith('.svelte') || funcName == null ? false : null),
  useReactive: false,
  plain,
  reactive: plain,
};

/** The adapter for scripts looks up texts within functions only: here also those of a module's own constants. */
class ModuleTransformer extends Transformer {
  transformModule() {
    const [program, comments] = parseScript(this.content);
    this.comments = comments;
    const messages = this.visit(program);
    const start = this.getRealBodyStart(program.body) ?? 0;
    if (messages.length > 0) this.mstr.appendRight(start, this.initRuntime());
    return this.finalize(messages, start);
  }
}

/** A build reads and fills a copy: what is committed is changed by `npm run locales` alone. */
const storage = pofile({ dir: process.env.QUORUM_CATALOGUES ?? 'locales' });

export default defineConfig({
  locales: ['en', 'de', 'fr', 'es'],
  localesDir: 'locales',
  ai: null,
  adapters: {
    main: svelte({ files: ['**/*.svelte'], heuristic, runtime, storage, loader: 'custom' }),
    words: {
      ...vanilla({
        files: {
          include: [
            '**/*.ts',
            '../src/contract/**/*.ts',
            '../src/presentation/**/*.ts',
            '../src/terms.ts',
            '../src/numbers.ts',
          ],
          ignore: ['**/*.d.ts', 'vite.config.ts', '../src/contract/contentSecurityPolicy.ts'],
        },
        heuristic,
        runtime,
        storage,
        loader: 'custom',
      }),
      transform: ({ content, filename, index, expr, matchUrl }) =>
        new ModuleTransformer(
          content,
          filename,
          index,
          heuristic,
          [],
          expr,
          runtime,
          matchUrl,
        ).transformModule(),
    },
  },
});
