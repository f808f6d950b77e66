import { Niivue, type NVConfigOptions, SLICE_TYPE } from '@niivue/niivue';

/** Without a step for so long, the 3-D tile is drawn anew. */
const REST_MS = 250;

/**
 * niivue that draws once a frame however often it is asked, and casts rays only at rest: while the crosshair moves, the last
 * 3-D picture stands in for the tile.
 */
export class RestingNiivue extends Niivue {
  /** Lies over the canvas; shows the last 3-D picture while the crosshair moves. */
  readonly #still: HTMLCanvasElement;
  #frame = 0;
  #moving = false;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Of the image in the 3-D picture alone: the mask inside is seen through it. */
  imageOpacity = 1;

  /** Called after every drawing. */
  onDrawn = (): void => {};

  constructor(options: Partial<NVConfigOptions>, still: HTMLCanvasElement) {
    super(options);
    this.#still = still;
    still.hidden = true;
  }

  override drawScene(): undefined {
    this.#frame ||= requestAnimationFrame(() => this.drawNow());
  }

  /** Draws at once, for whoever reads the canvas. */
  drawNow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    super.drawScene();
    performance.mark('quorum:drawn');
    this.onDrawn();
    if (this.#moving) this.#awaitRest();
    else this.#keepStill();
  }

  /** The crosshair moves: slices now, the 3-D tile when it rests. */
  stepped(): void {
    if (!this.#moving) this.#still.hidden = !this.#tile();
    this.#moving = true;
    this.drawScene();
  }

  /** Counted from the end of drawing, so that a slow machine rests too. */
  #awaitRest(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#moving = false;
      this.#still.hidden = true;
      this.drawScene();
    }, REST_MS);
  }

  /** Keys are the app's: niivue's own would move and draw beside it. */
  override keyDownListener(): void {}
  override keyUpListener(): void {}

  override setSliceType(type: SLICE_TYPE): this {
    this.#still.hidden = true;
    return super.setSliceType(type) as this;
  }

  override draw3D(...where: Parameters<Niivue['draw3D']>): string | undefined {
    if (this.#moving && this.opts.sliceType !== SLICE_TYPE.RENDER) return undefined;
    performance.mark('quorum:drawn-3d');
    const { renderShader, gl } = this;
    if (renderShader) {
      renderShader.use(gl);
      gl.uniform1f(renderShader.uniforms.backOpacity, this.imageOpacity);
    }
    return super.draw3D(...where);
  }

  override cleanup(): void {
    clearTimeout(this.#rest);
    cancelAnimationFrame(this.#frame);
    super.cleanup();
  }

  #tile(): number[] | null {
    const tile = this.screenSlices.find(({ axCorSag }) => axCorSag === SLICE_TYPE.RENDER);
    return tile && this.opts.sliceType === SLICE_TYPE.MULTIPLANAR ? tile.leftTopWidthHeight : null;
  }

  /** Must follow drawing in the same task: the picture is gone after it. */
  #keepStill(): void {
    const tile = this.#tile();
    if (!tile) return;
    const [left, top, width, height] = tile.map(Math.round);
    const ratio = this.uiData.dpr ?? 1;
    Object.assign(this.#still, { width, height });
    Object.assign(this.#still.style, {
      left: `${left / ratio}px`,
      top: `${top / ratio}px`,
      width: `${width / ratio}px`,
      height: `${height / ratio}px`,
    });
    const canvas = this.gl.canvas as HTMLCanvasElement;
    this.#still.getContext('2d')!.drawImage(canvas, left, top, width, height, 0, 0, width, height);
  }
}
