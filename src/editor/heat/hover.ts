import * as vscode from 'vscode';
import { bits, percent, rank, visibleToken } from '../../analysis/format.ts';
import { surprisal } from '../../analysis/surprisal.ts';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import { tokenAt } from '../../explore/tokenPlaces.ts';
import type { Heatmap } from './heatmap.ts';
import { factsOf } from './heatText.ts';

/** Alternatives that are listed. */
const LISTED = 8;
/** Width of the longest bar, in characters. */
const BAR = 10;

/** What a link of the hover asks for: a candidate in place of a token, in a document as it was. */
export interface Replacement {
  uri: string;
  version: number;
  token: number;
  id: number;
}

/** While the heatmap is on: a token's numbers, and what else might stand in its place, each a link that puts it there. */
export class HeatHover implements vscode.HoverProvider {
  constructor(private readonly heatmap: Heatmap) {}

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const text = this.heatmap.of(document)?.text;
    const run = text?.run;
    if (!text || !run?.loaded || run.stale) return undefined;
    const offset = document.offsetAt(position) - text.place.range.start;
    const token = tokenAt(run.tokens, offset, -1);
    if (token === null || token >= run.scores.known) return undefined;
    const { start, end } = run.tokens[token];
    const from = text.place.range.start;
    const range = new vscode.Range(document.positionAt(from + start), document.positionAt(from + end));
    return new vscode.Hover(said(run, token, { uri: document.uri.toString(), version: document.version }), range);
  }
}

function said(run: ScoredRun, token: number, at: Pick<Replacement, 'uri' | 'version'>): vscode.MarkdownString {
  const said = new vscode.MarkdownString();
  said.isTrusted = { enabledCommands: ['tokenscope.replaceToken', 'tokenscope.whatIf'] };
  said.supportThemeIcons = false;
  const { logprob, rank: place, entropy } = factsOf(run, token);
  said.appendText(visibleToken(run.tokens[token]));
  if (token === 0) {
    said.appendMarkdown('\n\n');
    said.appendText(vscode.l10n.t('The first token: nothing comes before it, so it has no probability.'));
    return said;
  }
  said.appendMarkdown('\n\n');
  said.appendText(
    vscode.l10n.t(
      '{0}, rank {1}, {2}; entropy here {3}',
      percent(Math.exp(logprob)),
      rank(place),
      bits(surprisal(logprob)),
      bits(entropy / Math.LN2),
    ),
  );
  const { topIds, topLogprobs, topK } = run.scores;
  const row = (token - 1) * topK;
  const most = Math.exp(topLogprobs[row]);
  for (let i = 0; i < Math.min(LISTED, topK); i++) {
    const id = topIds[row + i];
    const probability = Math.exp(topLogprobs[row + i]);
    const bar = barOf(probability / most);
    said.appendMarkdown(`${i === 0 ? '\n\n' : '  \n'}\`${bar}\` `);
    const piece = run.loaded!.pieces.get(id)!;
    const name = visibleToken(piece);
    if (piece.special || piece.bytes || id === run.ids[token]) said.appendText(`${name} ${percent(probability)}`);
    else {
      link(said, name, 'tokenscope.replaceToken', { ...at, token, id });
      said.appendText(` ${percent(probability)} · `);
      link(said, vscode.l10n.t('what if'), 'tokenscope.whatIf', { ...at, token, id });
    }
  }
  return said;
}

/** @param share 0 to 1; drawn to an eighth of a character */
function barOf(share: number): string {
  const eighths = Math.max(1, Math.round(8 * BAR * share));
  const last = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8));
  return ('█'.repeat(Math.floor(eighths / 8)) + last).padEnd(BAR, '\u00a0');
}

/** The text goes in as text: whatever a token holds, it is no markup. */
function link(said: vscode.MarkdownString, text: string, command: string, args: Replacement): void {
  said.appendMarkdown('[');
  said.appendText(text);
  said.appendMarkdown(`](command:${command}?${encodeURIComponent(JSON.stringify([args]))})`);
}
