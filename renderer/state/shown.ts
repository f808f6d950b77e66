import type { BinaryHeader, Client, GridSummary, MaskRef } from '../../src/contract/index.js';
import type { Combination, Modality, Region } from '../../src/terms.js';
import type { Overlay } from '../logic/slices.js';

/** Null is the model's. */
type Threshold = number | null;

/** What lies over the image. */
export type Shown =
  | { readonly kind: 'mask'; readonly mask: MaskRef }
  | { readonly kind: 'onSeries'; readonly mask: MaskRef; readonly sequence: Modality }
  | { readonly kind: 'disagreement'; readonly region: Region; readonly threshold: Threshold }
  | {
      readonly kind: 'decidedBy';
      readonly combination: Combination;
      readonly region: Region;
      readonly threshold: Threshold;
    }
  | { readonly kind: 'difference'; readonly a: MaskRef; readonly b: MaskRef; readonly region: Region }
  | { readonly kind: 'spread'; readonly combination: Combination; readonly region: Region }
  | {
      readonly kind: 'explore';
      readonly factors: Readonly<Partial<Record<Modality, number>>>;
      readonly threshold: Threshold;
    };

/** An overlay with what its header said. */
export interface LoadedOverlay {
  readonly shown: Shown;
  readonly overlay: Overlay;
  /** Largest value, for heat maps. */
  readonly maximum: number;
  readonly volumes: Record<Region, number> | null;
  readonly decided: BinaryHeader<'maps.decidedBy'>['sequences'] | null;
  readonly difference: { readonly both: number; readonly onlyA: number; readonly onlyB: number } | null;
}

const NONE = { maximum: 255, volumes: null, decided: null, difference: null };

/** Asks the services for an overlay. */
export async function loadShown(
  client: Client,
  caseId: string,
  shown: Shown,
  key: string,
): Promise<LoadedOverlay> {
  const of = { case: caseId };
  const made = (grid: GridSummary, data: ArrayBuffer): Overlay => ({ key, grid, data: new Uint8Array(data) });
  switch (shown.kind) {
    case 'mask': {
      const { header, data } = await client.callBinary('masks.labels', { ...of, mask: shown.mask });
      return { ...NONE, shown, overlay: made(header.grid, data), volumes: header.volumes };
    }
    case 'onSeries': {
      const { mask, sequence } = shown;
      const { header, data } = await client.callBinary('masks.onSeries', { ...of, mask, sequence });
      return { ...NONE, shown, overlay: made(header.grid, data) };
    }
    case 'disagreement': {
      const { region, threshold } = shown;
      const { header, data } = await client.callBinary('maps.disagreement', { ...of, region, threshold });
      return { ...NONE, shown, overlay: made(header.grid, data), maximum: header.maximum };
    }
    case 'decidedBy': {
      const { combination, region, threshold } = shown;
      const request = { ...of, combination, region, threshold };
      const { header, data } = await client.callBinary('maps.decidedBy', request);
      return { ...NONE, shown, overlay: made(header.grid, data), decided: header.sequences };
    }
    case 'difference': {
      const { a, b, region } = shown;
      const { header, data } = await client.callBinary('maps.difference', { ...of, a, b, region });
      const difference = { both: header.mlBoth, onlyA: header.mlOnlyA, onlyB: header.mlOnlyB };
      return { ...NONE, shown, overlay: made(header.grid, data), difference };
    }
    case 'spread': {
      const { combination, region } = shown;
      const request = { ...of, combination, region, kind: 'spread' } as const;
      const { header, data } = await client.callBinary('maps.probability', request);
      return { ...NONE, shown, overlay: made(header.grid, data), maximum: 128 };
    }
    case 'explore': {
      const { factors, threshold } = shown;
      const { header, data } = await client.callBinary('maps.explore', { ...of, factors, threshold });
      return { ...NONE, shown, overlay: made(header.grid, data), volumes: header.volumes };
    }
  }
}
