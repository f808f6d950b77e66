/** Figures as SVG (vega). */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Summary } from '../../../src/evaluate/summary.js';
import { REGIONS } from '../../../src/terms.js';
import { titlesOf } from './text.js';

async function svg(specification: TopLevelSpec): Promise<string> {
  return new View(parse(compile(specification).spec), { renderer: 'none' }).toSVG();
}

const BASE = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background: 'white',
  config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 } },
} as const;

/** Mean Dice with its interval per combination, one panel a region. */
export function diceFigure(summary: Summary): Promise<string> {
  const values = summary.combinations.flatMap(({ combination, regions }) =>
    REGIONS.flatMap((region) => {
      const { dice, diceInterval } = regions[region] ?? {};
      return dice != null && diceInterval
        ? [{ sequences: titlesOf(combination), region, dice, ...diceInterval }]
        : [];
    }),
  );
  const y = { field: 'sequences', type: 'nominal' as const, sort: null, title: null };
  const scale = { domain: [0, 1] };
  return svg({
    ...BASE,
    data: { values },
    facet: { column: { field: 'region', type: 'nominal', sort: [...REGIONS], title: null } },
    spec: {
      width: 190,
      height: { step: 18 },
      layer: [
        {
          mark: { type: 'rule', color: '#666' },
          encoding: {
            y,
            x: { field: 'low', type: 'quantitative', scale, title: 'Dice, 95 % interval' },
            x2: { field: 'high' },
          },
        },
        {
          mark: { type: 'point', filled: true, color: '#1f5fa8', size: 45, opacity: 1 },
          encoding: { y, x: { field: 'dice', type: 'quantitative', scale } },
        },
      ],
    },
  });
}
