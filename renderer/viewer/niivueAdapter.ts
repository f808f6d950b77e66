import { DRAG_MODE, type NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import type { GridSummary } from '../../src/contract/index.js';
import { invert, PLANES, type Plane, pixelOf, planeAxes, transform } from '../logic/geometry.js';
import type { Placement } from '../logic/placement.js';
import type { ImageVoxels, Overlay } from '../logic/slices.js';
import type { Layout } from '../state/display.svelte.js';
import { imageForNiivue, LABELS, maskForNiivue } from './niivueImages.js';
import { RestingNiivue } from './restingNiivue.js';

/** The only place that draws with niivue. Voxels come as typed arrays and are never parsed from a file here. */

/** The four sequences are drawn by panes of their own. */
const SLICE_TYPES: Record<Exclude<Layout, 'sequences'>, SLICE_TYPE> = {
  multiplanar: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  render: SLICE_TYPE.RENDER,
};
/** Width of the crosshair, of the image's own. */
const CROSSHAIR_PERCENT = 0.2;

export interface AdapterListeners {
  /** The crosshair was moved, in RAS mm. */
  onCrosshair(mm: readonly number[]): void;
  /** The canvas was drawn anew: what lies over it follows. */
  onDrawn(): void;
}

export class NiivueAdapter {
  readonly #niivue: RestingNiivue;
  #background: NVImage | null = null;
  #source: ImageVoxels | null = null;
  #overlay: NVImage | null = null;
  #overlayKey = '';
  #quiet = false;

  private constructor(still: HTMLCanvasElement, { onCrosshair, onDrawn }: AdapterListeners) {
    this.#niivue = new RestingNiivue(
      {
        dragAndDropEnabled: false,
        isRadiologicalConvention: true,
        sagittalNoseLeft: true,
        multiplanarShowRender: SHOW_RENDER.AUTO,
        multiplanarPadPixels: 4,
        backColor: [0, 0, 0, 1],
        crosshairColor: [1, 0.84, 0.4, 0.9],
        crosshairWidth: CROSSHAIR_PERCENT,
        crosshairWidthUnit: 'percent',
        crosshairGap: 6,
        show3Dcrosshair: true,
        isColorbar: false,
        isOrientCube: false,
        dragMode: DRAG_MODE.none,
        viewModeHotKey: '',
        clipPlaneHotKey: '',
        cycleClipPlaneHotKey: '',
        logLevel: 'error',
        loadingText: '',
        fontSizeScaling: 0.5,
        fontColor: [0.83, 0.85, 0.89, 1],
        showAllOrientationMarkers: true,
        isForceMouseClickToVoxelCenters: true,
      },
      still,
    );
    this.#niivue.onLocationChange = (location) => {
      if (!this.#quiet) onCrosshair((location as { mm: number[] }).mm);
    };
    this.#niivue.onDrawn = onDrawn;
  }

  /**
   * @param still lies over the canvas, for the 3-D picture while the crosshair moves.
   * @throws Error when WebGL2 cannot be used on this canvas.
   */
  static async attach(
    canvas: HTMLCanvasElement,
    still: HTMLCanvasElement,
    listeners: AdapterListeners,
  ): Promise<NiivueAdapter> {
    const adapter = new NiivueAdapter(still, listeners);
    await adapter.#niivue.attachToCanvas(canvas);
    return adapter;
  }

  setImage(image: ImageVoxels, window: readonly [number, number]): void {
    if (this.#source !== image) {
      const next = imageForNiivue(image);
      this.#source = image;
      this.#background = next;
      this.#overlay = null;
      this.#overlayKey = '';
      this.#niivue.volumes = [];
      this.#keepingCrosshair(() => this.#niivue.addVolume(next));
    }
    this.setWindow(window);
  }

  setWindow([low, high]: readonly [number, number]): void {
    const background = this.#background;
    if (!background || (background.cal_min === low && background.cal_max === high)) return;
    background.cal_min = low;
    background.cal_max = high;
    this.#niivue.refreshLayers(background, 0);
    this.#niivue.drawScene();
  }

  /**
   * @param overlay a mask of BraTS labels.
   * @param colours RGBA of the labels 0..4; niivue rounds the alpha of labels to 0 or 1.
   */
  setOverlay(overlay: Overlay | null, colours: Uint8ClampedArray, opacity: number): void {
    if (!this.#background) return;
    // A wider table would break: niivue's shader moves the first two of 256 entries.
    const colouring = { lut: colours.slice(0, 4 * LABELS), min: 0, max: LABELS - 1, labels: [] };
    if (!overlay) {
      if (this.#overlay) this.#niivue.removeVolume(this.#overlay);
      this.#overlay = null;
      this.#overlayKey = '';
    } else if (this.#overlay && this.#overlay.img?.length === overlay.data.length) {
      if (this.#overlayKey !== overlay.key) this.#overlay.img = overlay.data;
      this.#overlay.colormapLabel = colouring;
      this.#overlay._opacity = opacity;
      this.#niivue.refreshLayers(this.#overlay, 1);
      this.#niivue.drawScene();
    } else {
      this.#overlay = maskForNiivue(overlay, colouring);
      this.#overlay._opacity = opacity;
      this.#niivue.addVolume(this.#overlay);
    }
    this.#overlayKey = overlay?.key ?? '';
  }

  /** Whether the mask is filled on slices; in the 3-D picture it always is. */
  setFilled(filled: boolean): void {
    this.#niivue.overlayAlphaShader = filled ? 1 : 0;
    this.#niivue.drawScene();
  }

  setLayout(layout: Layout): void {
    if (layout !== 'sequences') this.#niivue.setSliceType(SLICE_TYPES[layout]);
  }

  showCrosshair(visible: boolean): void {
    this.#niivue.setCrosshairWidth(visible ? CROSSHAIR_PERCENT : 0);
  }

  /** How opaque the image is in the 3-D picture. */
  setImageOpacity(opacity: number): void {
    this.#niivue.imageOpacity = opacity;
    this.#niivue.drawScene();
  }

  setRadiological(radiological: boolean): void {
    if (this.#niivue.opts.isRadiologicalConvention !== radiological)
      this.#niivue.setRadiologicalConvention(radiological);
  }

  /**
   * @param zoom 1 shows the whole head.
   * @param focus voxel in the middle of the panes; null is the middle of the head.
   */
  setZoom(zoom: number, focus: readonly number[] | null): void {
    if (!this.#source) return;
    const { grid, content } = this.#source;
    const spans = content.low.map((low, axis) => content.high[axis] - low + 1);
    const scale = zoom * Math.min(...spans.map((span, axis) => grid.size[axis] / span));
    const middle = focus ?? content.low.map((low, axis) => (low + content.high[axis]) / 2);
    const target = transform(grid.affine, middle);
    const centre = transform(
      grid.affine,
      grid.size.map((n) => (n - 1) / 2),
    );
    const [x, y, z] = centre.map((mm, axis) => mm - scale * target[axis]);
    this.#niivue.scene.pan2Dxyzmm = [x, y, z, scale];
    this.#niivue.scene.volScaleMultiplier = 0.9 * scale;
    this.#niivue.drawScene();
  }

  setCrosshair(grid: GridSummary, voxel: readonly number[]): void {
    if (!this.#background) return;
    this.#quiet = true;
    this.#niivue.scene.crosshairPos = this.#niivue.mm2frac(transform(grid.affine, voxel));
    this.#niivue.stepped();
    this.#quiet = false;
  }

  /** The plane at a point of the canvas (CSS pixels), or null beside the slices and in the 3-D tile. */
  planeAt(x: number, y: number): Plane | null {
    const ratio = this.#niivue.uiData.dpr ?? 1;
    const tile = this.#niivue.screenSlices.find(({ leftTopWidthHeight: [left, top, width, height] }) => {
      const [right, down] = [x * ratio - left, y * ratio - top];
      return right >= 0 && down >= 0 && right < width && down < height;
    });
    return PLANES.find((plane) => SLICE_TYPES[plane] === tile?.axCorSag) ?? null;
  }

  /**
   * Where each slice lies on the canvas: niivue's own way from a point to the image is linear on a tile, so two points tell it.
   *
   * @param grid of the case; its axes are the image's.
   */
  placements(grid: GridSummary, radiological: boolean): Placement[] {
    if (!this.#background) return [];
    const toVoxel = invert(grid.affine);
    return this.#niivue.screenSlices.flatMap(({ axCorSag, leftTopWidthHeight }, tile) => {
      const plane = PLANES.find((one) => SLICE_TYPES[one] === axCorSag);
      if (!plane) return [];
      const axes = planeAxes(grid.orientation, plane, radiological);
      const [left, top, width, height] = leftTopWidthHeight;
      const [x0, y0, x1, y1] = [
        left + 0.25 * width,
        top + 0.25 * height,
        left + 0.75 * width,
        top + 0.75 * height,
      ];
      const pixelAt = (x: number, y: number) => {
        const place = this.#niivue.frac2mm(this.#niivue.screenXY2TextureFrac(x, y, tile, false));
        return pixelOf(axes, grid.size, transform(toVoxel, [place[0], place[1], place[2]]));
      };
      const [first, second] = [pixelAt(x0, y0), pixelAt(x1, y1)];
      const scaleX = (x1 - x0) / (second[0] - first[0]);
      const scaleY = (y1 - y0) / (second[1] - first[1]);
      if (!(scaleX > 0 && scaleY > 0)) return [];
      return [
        {
          plane,
          axes,
          left: x0 - (first[0] + 0.5) * scaleX,
          top: y0 - (first[1] + 0.5) * scaleY,
          scaleX,
          scaleY,
          frame: { left, top, width, height },
        },
      ];
    });
  }

  /** Draws at once, for whoever reads the canvas in the same task. */
  drawNow(): void {
    this.#niivue.drawNow();
  }

  dispose(): void {
    this.#niivue.cleanup();
    this.#niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #keepingCrosshair(work: () => void): void {
    this.#quiet = true;
    work();
    this.#quiet = false;
  }
}
