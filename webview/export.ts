/** What a view shows, as files: a picture, a table, all of it as JSON. Each tells how it was made. */
import { ablatedName } from '../src/analysis/ablation.ts';
import { totals } from '../src/analysis/surprisal.ts';
import { post } from './host.ts';
import { t } from './l10n.ts';
import { framed, type Picture } from './plots/figure.ts';
import { paletteOf } from './plots/palette.ts';
import { canvasOf } from './plots/surface.ts';
import { svgOf } from './plots/svgContext.ts';
import { describePng } from './png.ts';
import type { State } from './store.ts';
import { offSaid } from './switchedOff.ts';
import { tokenCount } from './tokens.ts';
import type { Table, View } from './views/view.ts';

export type Format = 'png' | 'svg' | 'csv' | 'json' | 'tokens';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Saves what the view of an id shows. False where it shows nothing that could be saved. */
export async function exportView(id: string, view: View, state: Readonly<State>, format: Format): Promise<boolean> {
  const figure = format === 'tokens' ? null : view.figure(state);
  if (format !== 'tokens' && !figure) return false;
  const about = { ...provenance(state), ...(figure?.about ?? { view: 'tokens' }) };
  const name = `${state.document?.name ?? 'tokenscope'} ${format === 'tokens' ? 'tokens' : id}`;
  if (format === 'png' || format === 'svg') {
    const palette = paletteOf(state);
    const picture = framed(captioned(figure!.picture, state), palette);
    const made = JSON.stringify(about);
    if (format === 'svg') {
      const svg = svgOf(picture, { title: figure!.picture.title, about: made }, palette.font);
      post({ type: 'save', name, mime: 'image/svg+xml', data: bytes(svg) });
    } else {
      const blob = await new Promise<Blob | null>((done) => canvasOf(picture).toBlob(done, 'image/png'));
      if (!blob) return false;
      const data = describePng(new Uint8Array(await blob.arrayBuffer()), made);
      post({ type: 'save', name, mime: 'image/png', data });
    }
  } else if (format === 'json') {
    const { columns, rows } = figure!.table;
    const document = { ...about, tokens: tokenTable(state), columns, rows };
    post({ type: 'save', name, mime: 'application/json', data: bytes(`${JSON.stringify(document, null, 1)}\n`) });
  } else {
    post({ type: 'save', name, mime: 'text/csv', data: bytes(csv(figure?.table ?? tokenTable(state), about)) });
  }
  return true;
}

/** Model, text and settings: what it takes to make the figure again. */
function provenance(state: Readonly<State>): Record<string, unknown> {
  const { model, changed, document, tokens, scores, note } = state;
  return {
    made: 'Tokenscope',
    model: model && { name: model.name, precision: model.precision, bos: model.bosPolicy },
    switchedOff: changed.parts.length > 0 ? { parts: changed.parts.map(ablatedName), mean: changed.mean } : undefined,
    document: document?.name,
    note: note || undefined,
    text: tokens.map(({ text }) => text).join(''),
    ids: tokens.map(({ id }) => id),
    totals: totals(scores.logprob),
    outdated: state.outdated,
  };
}

/** Under the picture's title: of which text and model it is. */
function captioned(picture: Picture, state: Readonly<State>): Picture {
  const { model, changed, document, tokens, note, outdated } = state;
  const source = [document?.name, tokenCount(tokens.length)];
  if (model) source.push(`${model.name} ${model.precision}`, model.bosPolicy);
  const warnings = outdated ? [t('These numbers are of the text before its last change.')] : [];
  if (changed.parts.length > 0) warnings.push(offSaid(changed));
  const known = source.filter((part) => part !== undefined).join(' · ');
  return { ...picture, lines: [known, ...picture.lines, ...warnings, ...(note ? [note] : [])] };
}

/** Every token with its numbers; null where there is none. */
export function tokenTable({ tokens, scores }: Readonly<State>): Table {
  const number = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);
  return {
    columns: ['position', 'id', 'text', 'start', 'end', 'logprob', 'surprisal_bits', 'rank', 'entropy_nats_before'],
    rows: tokens.map((token, i) => {
      const logprob = number(scores.logprob[i]);
      return [
        i,
        token.id,
        token.text,
        token.start,
        token.end,
        logprob,
        logprob === null ? null : -logprob / Math.LN2,
        scores.rank[i] || null,
        number(scores.entropy[i - 1]),
      ];
    }),
  };
}

/** RFC 4180, after comment lines that tell how it was made. Texts are JSON strings: no cell begins with a sign. */
export function csv({ columns, rows }: Table, about: Record<string, unknown>): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const cell = (value: string | number | null) =>
    value === null ? '' : typeof value === 'number' ? String(value) : quoted(JSON.stringify(value));
  const comments = Object.entries(about)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `# ${name}: ${JSON.stringify(value)}`);
  const lines = [columns.map(quoted).join(','), ...rows.map((row) => row.map(cell).join(','))];
  return `${[...comments, ...lines].join('\r\n')}\r\n`;
}
