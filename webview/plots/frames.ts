/** Drawing on a canvas: once a frame, and again whenever its place changes its size. */

/** Device pixels a CSS pixel. */
export const ratio = (): number => Math.max(1, window.devicePixelRatio);

/** @returns asks for a drawing in the next frame; asked several times it is drawn once */
export function drawnIn(place: HTMLElement, draw: () => void): () => void {
  let frame = 0;
  const redraw = (): void => {
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  new ResizeObserver(redraw).observe(place);
  return redraw;
}

/** An empty canvas of that many CSS pixels, to be drawn on in CSS pixels. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const scale = ratio();
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.setProperty('width', `${width}px`);
  canvas.style.setProperty('height', `${height}px`);
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  return context;
}
