import { runningLoss } from '../../src/analysis/contextLoss.ts';
import { t } from '../l10n.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { paletteOf } from '../plots/palette.ts';
import { css } from '../plots/scale.ts';
import type { Surface } from '../plots/surface.ts';
import type { State } from '../store.ts';

/** CSS pixels. */
const SIZE = { width: 640, height: 200 };
const WIDTH = 16;

/** The loss of each token by position, and its running mean. */
export function modelPicture(state: Readonly<State>): Picture {
  const palette = paletteOf(state);
  const { logprob } = state.scores;
  const losses = Array.from(logprob, (x) => -x);
  const top = Math.max(1, ...losses.filter(Number.isFinite));
  const curve = (context: Surface, values: ArrayLike<number>, colour: string, width: number) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    let begun = false;
    for (let p = 0; p < values.length; p++) {
      if (!Number.isFinite(values[p])) continue;
      const x = (p / Math.max(1, values.length - 1)) * SIZE.width;
      const y = SIZE.height - (values[p] / top) * SIZE.height;
      if (begun) context.lineTo(x, y);
      else context.moveTo(x, y);
      begun = true;
    }
    context.stroke();
  };
  const draw = (context: Surface) => {
    context.scale(RATIO, RATIO);
    curve(context, losses, css(palette.faint), 1);
    curve(context, runningLoss(logprob, WIDTH), css(palette.cool), 2);
  };
  return {
    title: t('Loss by position'),
    lines: [
      `${state.model?.name ?? ''} ${state.model?.precision ?? ''}`,
      t(
        '0 to {0} nats upwards, {1} tokens to the right; the thick line is the mean of the last {2}',
        top.toFixed(2),
        losses.length,
        WIDTH,
      ),
    ],
    body: { width: SIZE.width * RATIO, height: SIZE.height * RATIO, draw },
  };
}
