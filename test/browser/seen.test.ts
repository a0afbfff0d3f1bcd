import assert from 'node:assert/strict';
import { contrast, parseColor } from '../../webview/plots/scale.ts';
import { type OpenPage, openPage } from './harness.ts';
import { finished } from './messages.ts';
import { chicken } from './numbers.ts';
import { themeFacts, themes } from './theme.ts';

describe('what can be told apart', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  for (const theme of themes) {
    it(`${theme}: a slider that has the focus has a ring of the theme's focus colour`, async () => {
      opened = await openPage({ theme });
      for (const message of finished(chicken)) await opened.send(message);
      await opened.page.getByRole('slider', { name: 'temperature' }).focus();
      await opened.page.keyboard.press('ArrowRight');
      const ring = await opened.page.getByRole('slider', { name: 'temperature' }).evaluate((slider) => {
        const { outlineColor, outlineStyle, outlineWidth } = getComputedStyle(slider);
        return { outlineColor, outlineStyle, outlineWidth };
      });
      const { variables } = themeFacts(theme);
      const colour = parseColor(ring.outlineColor)!;
      assert.deepEqual(colour, parseColor(variables['--vscode-focusBorder']));
      assert.deepEqual([ring.outlineStyle, ring.outlineWidth], ['solid', '1px']);
      assert.ok(contrast(colour, parseColor(variables['--vscode-editor-background'])!) >= 3);
    });
  }

  for (const theme of ['hc-dark', 'hc-light'] as const) {
    it(`${theme}: lines under neighbouring tokens do not touch, nor do the two bars of a candidate`, async () => {
      opened = await openPage({ theme });
      for (const message of finished(chicken)) await opened.send(message);
      const boxes = await opened.page
        .locator('#strip .token:not(.next)')
        .evaluateAll((all) => all.map((token) => token.getBoundingClientRect().toJSON() as DOMRect));
      for (let i = 1; i < boxes.length; i++) {
        const [before, box] = [boxes[i - 1], boxes[i]];
        if (box.top === before.top) assert.ok(box.left - before.right >= 1.5, `${i}: ${box.left - before.right}`);
      }
      const gaps = await opened.page.locator('td.bars').evaluateAll((all) =>
        all.map((cell) => {
          const [sampled, plain] = [...cell.querySelectorAll('span')].map((bar) => bar.getBoundingClientRect());
          return plain.top - sampled.bottom;
        }),
      );
      assert.ok(gaps.length > 0 && gaps.every((gap) => gap >= 2), gaps.join(' '));
    });
  }
});
