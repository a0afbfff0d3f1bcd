import assert from 'node:assert/strict';
import { bundleBlock } from '../../../src/panel/bundleBlock.ts';

describe('sentences in the page’s document', () => {
  const inside = (block: string) => /^<script type="application\/json" id="l10n">([^<]*)<\/script>$/.exec(block)?.[1];

  it('are data that can be read back, and no markup, whatever they say', () => {
    const bundle = { Reset: '</script><script>alert(1)</script>', Fit: '<!-- "\\u003c" & \u2028', Export: '' };
    assert.deepEqual(JSON.parse(inside(bundleBlock(bundle))!), bundle);
  });

  it('are none in English', () => {
    assert.equal(inside(bundleBlock(undefined)), '{}');
  });
});
