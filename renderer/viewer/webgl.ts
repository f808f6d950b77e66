/** What draws WebGL here. */
export interface Webgl {
  /** Why the 3-D viewer cannot be used, or null when it can. */
  readonly problem: string | null;
  /** The processor draws in place of a graphics card: rays through a head take seconds. */
  readonly software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|microsoft basic render/i;

/** @param renderer name of the graphics driver, as WEBGL_debug_renderer_info gives it. */
export function isSoftware(renderer: string): boolean {
  return SOFTWARE.test(renderer);
}

export function webgl(): Webgl {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context)
    return {
      problem: 'WebGL2 is not available: the graphics driver is missing, blocked or too old.',
      software: true,
    };
  const size = context.getParameter(context.MAX_3D_TEXTURE_SIZE) as number;
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return {
    problem: size < 256 ? `The graphics driver takes images of ${size} voxels a side only.` : null,
    software: isSoftware(renderer),
  };
}
