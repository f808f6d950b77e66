import type { Modality, Region } from '../../src/terms.js';
import { DEFAULT_STYLES, type RegionStyle, type RegionStyles } from '../logic/colours.js';
import type { Plane, Vec3 } from '../logic/geometry.js';

export const LAYOUTS = ['multiplanar', 'axial', 'coronal', 'sagittal', 'render'] as const;
export type Layout = (typeof LAYOUTS)[number];

export const LAYOUT_TITLES: Record<Layout, string> = {
  multiplanar: 'Three planes',
  axial: 'Axial',
  coronal: 'Coronal',
  sagittal: 'Sagittal',
  render: '3-D',
};

/** How images and overlays are looked at; shared by all views of a case. */
export class Display {
  layout = $state<Layout>('multiplanar');
  background = $state<Modality | null>(null);
  /** Windows that the user set, by the image they are of (`OpenCaseState.imageKey`). */
  windows = $state.raw<Readonly<Record<string, readonly [number, number]>>>({});
  styles = $state.raw<RegionStyles>(DEFAULT_STYLES);
  overlayVisible = $state(true);
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
  /** Voxel in the middle of a pane when zoomed in. */
  focus = $state.raw<Vec3>([0, 0, 0]);

  setStyle(region: Region, style: Partial<RegionStyle>): void {
    this.styles = { ...this.styles, [region]: { ...this.styles[region], ...style } };
  }

  setWindow(imageKey: string, window: readonly [number, number]): void {
    this.windows = { ...this.windows, [imageKey]: window };
  }

  zoomBy(factor: number): void {
    if (this.zoom === 1) this.focus = this.crosshair;
    this.zoom = Math.min(12, Math.max(1, this.zoom * factor));
  }

  /** Moves the crosshair, and the middle of the panes with it. */
  jump(voxel: Vec3): void {
    this.crosshair = voxel;
    this.focus = voxel;
  }

  nextLayout(): void {
    this.layout = LAYOUTS[(LAYOUTS.indexOf(this.layout) + 1) % LAYOUTS.length];
  }

  /** Planes of the present layout, for panes that draw slices. */
  get planes(): readonly Plane[] {
    return this.layout === 'multiplanar' || this.layout === 'render'
      ? ['axial', 'coronal', 'sagittal']
      : [this.layout];
  }
}
