/** What pictures are painted on: the context of a canvas, or one that writes SVG (svgContext.ts). */

type Shared =
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'save'
  | 'restore'
  | 'scale'
  | 'translate'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'rect'
  | 'arc'
  | 'clip'
  | 'fill'
  | 'stroke'
  | 'setLineDash'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'measureText';

export interface Surface extends Pick<CanvasRenderingContext2D, Shared> {
  drawImage(image: HTMLCanvasElement, x: number, y: number): void;
}

/** What can be painted on any surface. Sizes are in device pixels. */
export interface Drawing {
  width: number;
  height: number;
  draw(surface: Surface): void;
}

/** The drawing as pixels; transparent where nothing is painted. */
export function canvasOf({ width, height, draw }: Drawing): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext('2d')!);
  return canvas;
}

/** Pixels that can be painted on a surface. */
export function imageOf(pixels: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas;
}
