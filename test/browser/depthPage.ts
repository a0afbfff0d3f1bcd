import type { PageState } from '../../src/panel/protocol.ts';
import type { DepthWindow } from '../../webview/plots/depthPaint.ts';
import type { OpenPage } from './harness.ts';

/** What a page with Depth open keeps. */
export const kept = (more: Partial<PageState> = {}): PageState => ({
  view: 'depth',
  layer: 20,
  head: 3,
  sampling: { temperature: 1, topK: 0, topP: 1 },
  pinned: false,
  ...more,
});

/** What is shown of the layers. */
export const windowOf = ({ page }: OpenPage): Promise<DepthWindow> =>
  page.evaluate(() => JSON.parse(document.querySelector<HTMLCanvasElement>('.layers')!.dataset.window!));

/** Where the middle of a cell is on the page; `down` counts from the output. */
export async function placeOf(opened: OpenPage, down: number, column: number): Promise<{ x: number; y: number }> {
  const box = (await opened.page.locator('.layers').boundingBox())!;
  const { gutter, header, cellWidth, cellHeight, left, top } = await windowOf(opened);
  return {
    x: box.x + gutter + (column + 0.5) * cellWidth - left,
    y: box.y + header + (down + 0.5) * cellHeight - top,
  };
}
