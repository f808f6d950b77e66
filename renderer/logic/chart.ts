import type { TopLevelSpec } from 'vega-lite';

/** A figure that is drawn. */
export interface Drawn {
  /** As it is seen, as a document of its own. */
  svg(): Promise<string>;
  png(): Promise<Blob>;
  dispose(): void;
}

/** Colours that colour-blind eyes tell apart (Okabe and Ito 2008), then shades between. */
const RANGE = [
  ...['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#7f7f7f', '#b8a800'],
  ...['#332288', '#88ccee', '#44aa99', '#aa4499', '#882255', '#999933', '#661100'],
];

/**
 * Draws a figure of vega-lite in the colours of the window. Loaded when the first one is drawn; expressions are interpreted, since the
 * page's policy forbids to make code of text.
 */
export async function draw(host: HTMLElement, spec: TopLevelSpec, label: string): Promise<Drawn> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('vega-interpreter'),
  ]);
  // The place is not in the page yet while it is drawn into: the width is told.
  const sized = 'width' in spec && spec.width === 'container' ? { ...spec, width: host.clientWidth } : spec;
  const compiled = compile(sized as TopLevelSpec, { config: configOf(getComputedStyle(host)) }).spec;
  const place = document.createElement('div');
  const view = new vega.View(vega.parse(compiled, undefined, { ast: true }), {
    ...({ expr: expressionInterpreter } as object),
    renderer: 'svg',
    container: place,
    hover: true,
  });
  view.description(label);
  await view.runAsync();
  // Marks of nothing (a box plot without outliers) are announced as pictures without a name otherwise.
  for (const empty of place.querySelectorAll('[role=graphics-symbol]:empty'))
    empty.setAttribute('aria-hidden', 'true');
  // The old figure stays until the new one is whole.
  host.replaceChildren(place);
  return {
    svg: () => view.toSVG(),
    png: async () => {
      const canvas = (await view.toCanvas(2)) as unknown as HTMLCanvasElement;
      return new Promise((resolve, reject) =>
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new RangeError('no picture')))),
      );
    },
    dispose: () => view.finalize(),
  };
}

function configOf(style: CSSStyleDeclaration) {
  const token = (name: string) => style.getPropertyValue(name).trim();
  const [text, muted, line] = [token('--text'), token('--muted'), token('--line')];
  const words = { labelColor: muted, titleColor: text, titleFontWeight: 500 as const, titleFontSize: 12 };
  return {
    background: token('--surface'),
    font: token('--font'),
    axis: { ...words, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 11 },
    legend: { ...words, labelFontSize: 11, labelLimit: 220 },
    header: words,
    title: { color: text, fontSize: 13, fontWeight: 600 as const, anchor: 'start' as const },
    view: { stroke: 'transparent' },
    range: { category: RANGE },
    line: { strokeWidth: 1.75 },
    boxplot: { median: { color: text }, rule: { color: muted } },
  };
}
