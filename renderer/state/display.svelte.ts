import type { Modality, Region } from '../../src/terms.js';
import { DEFAULT_STYLES, type RegionStyle, type RegionStyles } from '../logic/colours.js';
import { PLANES, type Plane, type Vec3 } from '../logic/geometry.js';
import { Measuring } from './measuring.svelte.js';

export const LAYOUTS = ['axial', 'coronal', 'sagittal', 'multiplanar', 'sequences', 'render'] as const;
export type Layout = (typeof LAYOUTS)[number];

export const LAYOUT_TITLES: Record<Layout, string> = {
  axial: 'Axial',
  coronal: 'Coronal',
  sagittal: 'Sagittal',
  multiplanar: 'Three planes',
  sequences: 'Four sequences',
  render: '3-D',
};

/** What panes read and change of it, on whichever grid they draw. */
export type PaneDisplay = Pick<
  Display,
  | 'crosshair'
  | 'crosshairVisible'
  | 'maskShown'
  | 'contour'
  | 'styles'
  | 'measuring'
  | 'plane'
  | 'radiological'
  | 'zoom'
  | 'focus'
  | 'zoomBy'
  | 'enlarge'
>;

/** How images and overlays are looked at; shared by all views of a case. */
export class Display {
  layout = $state<Layout>('multiplanar');
  background = $state<Modality | null>(null);
  /** Windows that the user set, by the image they are of (`ShownImage.keyOf`). */
  windows = $state.raw<Readonly<Record<string, readonly [number, number]>>>({});
  styles = $state.raw<RegionStyles>(DEFAULT_STYLES);
  overlayVisible = $state(true);
  /** A key is held that hides the mask. */
  peeking = $state(false);
  /** The mask as its outlines, not filled. */
  contour = $state(false);
  /** The images that the model read, or the series as the scanner made them. */
  series = $state<'prepared' | 'original'>('prepared');
  /** Slices go by on their own. */
  cine = $state(false);
  readonly measuring = new Measuring();
  opacity = $state(0.5);
  /** Of the image in 3-D, so that the mask inside is seen. */
  imageOpacity = $state(0.35);
  crosshairVisible = $state(true);
  radiological = $state(true);
  zoom = $state(1);
  /** Voxel of the Case's grid under the crosshair. */
  crosshair = $state.raw<Vec3>([0, 0, 0]);
  /** Result whose mask is on the screen: its numbers are shown with it. */
  drawn = $state<string | null>(null);
  /** Plane last pointed at: keys move in it. */
  plane = $state<Plane>('axial');
  /** Result whose mask the crosshair was put into when it was first shown. */
  centredOn: string | null = null;
  /** Place (voxels with fractions) in the middle of the panes; null is the middle of the head. */
  focus = $state.raw<Vec3 | null>(null);
  /** What a pane was enlarged from. */
  #smaller: Layout = 'multiplanar';

  setStyle(region: Region, style: Partial<RegionStyle>): void {
    this.styles = { ...this.styles, [region]: { ...this.styles[region], ...style } };
  }

  setWindow(imageKey: string, window: readonly [number, number]): void {
    this.windows = { ...this.windows, [imageKey]: window };
  }

  zoomBy(factor: number): void {
    this.focus ??= this.crosshair;
    this.zoom = Math.min(12, Math.max(1, this.zoom * factor));
    if (this.zoom === 1) this.focus = null;
  }

  /** The whole head in the middle again. */
  fit(): void {
    this.zoom = 1;
    this.focus = null;
  }

  get maskShown(): boolean {
    return this.overlayVisible && !this.peeking;
  }

  /** One pane alone, and back again. */
  enlarge(plane: Plane): void {
    this.plane = plane;
    if (this.layout === plane) this.layout = this.#smaller;
    else {
      this.#smaller = this.layout;
      this.layout = plane;
    }
  }

  /** Moves the crosshair, and the middle of the panes with it. */
  jump(voxel: Vec3): void {
    this.crosshair = voxel;
    if (this.focus) this.focus = voxel;
  }

  /** One plane, or several panes; keys then move in that plane. */
  show(layout: Layout): void {
    this.layout = layout;
    const plane = PLANES.find((one) => one === layout);
    if (plane) this.plane = plane;
    if (layout === 'sequences' || layout === 'render') this.series = 'prepared';
  }

  /** The original series are shown in their own planes, one at a time. */
  showSeries(series: Display['series']): void {
    this.series = series;
    if (series === 'original' && (this.layout === 'sequences' || this.layout === 'render'))
      this.layout = 'multiplanar';
  }

  nextLayout(): void {
    this.show(LAYOUTS[(LAYOUTS.indexOf(this.layout) + 1) % LAYOUTS.length]);
  }

  /** Planes of the present layout, for panes that draw slices. */
  get planes(): readonly Plane[] {
    if (this.layout === 'multiplanar' || this.layout === 'render') return PLANES;
    return [this.layout === 'sequences' ? this.plane : this.layout];
  }
}
