/** Why the 3-D viewer cannot be used here, or null when it can. */
export function webglProblem(): string | null {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2');
  if (!context) return 'WebGL2 is not available: the graphics driver is missing, blocked or too old.';
  const size = context.getParameter(context.MAX_3D_TEXTURE_SIZE) as number;
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return size < 256 ? `The graphics driver takes images of ${size} voxels a side only.` : null;
}
