/** One PNG of all canvases below an element, as they lie on the screen. */
export function pictureOf(stage: HTMLElement): Promise<Blob | null> {
  const frame = stage.getBoundingClientRect();
  const picture = document.createElement('canvas');
  picture.width = Math.round(frame.width * devicePixelRatio);
  picture.height = Math.round(frame.height * devicePixelRatio);
  const context = picture.getContext('2d')!;
  for (const canvas of stage.querySelectorAll<HTMLCanvasElement>('canvas:not([hidden])')) {
    if (canvas.width === 0 || canvas.height === 0) continue;
    const { left, top } = canvas.getBoundingClientRect();
    context.drawImage(canvas, (left - frame.left) * devicePixelRatio, (top - frame.top) * devicePixelRatio);
  }
  return new Promise((resolve) => picture.toBlob(resolve, 'image/png'));
}
