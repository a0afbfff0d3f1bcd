import * as vscode from 'vscode';
import { visibleToken } from '../../analysis/format.ts';
import type { Suggestion } from '../../continuations/suggester.ts';
import type { GhostState, GhostStates } from './ghostState.ts';
import { type GhostMode, ghostSettings } from './settings.ts';

/** Tokens of a suggestion whose probabilities the tooltip lists. */
const LISTED = 8;

/** The item that says what ghost text does, beside a text; a click turns it off or on. */
export class GhostStatus implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly listening: { dispose(): void }[];
  private note: string | undefined;

  constructor(private readonly ghost: GhostStates) {
    this.item = vscode.window.createStatusBarItem('tokenscope.ghostText', vscode.StatusBarAlignment.Right, 89);
    this.item.name = vscode.l10n.t('Tokenscope ghost text');
    this.item.command = 'tokenscope.ghostText.toggle';
    this.listening = [
      ghost.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('tokenscope.ghostText')) this.draw();
      }),
    ];
    this.draw();
  }

  /** What it says now, for tests. */
  get text(): string {
    return this.item.text;
  }

  /** What it says when it is pointed at, for tests. */
  get tooltip(): string {
    const { tooltip } = this.item;
    return tooltip instanceof vscode.MarkdownString ? tooltip.value : (tooltip ?? '');
  }

  /** Says some words beside what it says else; undefined: no more. */
  remark(note: string | undefined): void {
    this.note = note;
    this.draw();
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (!document) {
      this.item.hide();
      return;
    }
    const { mode } = ghostSettings(document);
    this.item.text = [ghostText(this.ghost.state, mode), this.note].filter(Boolean).join(' ');
    const tooltip = new vscode.MarkdownString();
    tooltip.isTrusted = { enabledCommands: ['tokenscope.ghostText.why', 'tokenscope.ghostText.onDemand'] };
    const lines: Line[] = [...ghostLines(this.ghost.state, mode), ...speed(this.ghost.took)];
    if (mode === 'automatic')
      lines.push({ markdown: `[${vscode.l10n.t('on demand only')}](command:tokenscope.ghostText.onDemand)` });
    lines.forEach((line, i) => {
      if (i > 0) tooltip.appendMarkdown('\n\n');
      if (typeof line === 'string') tooltip.appendText(line);
      else tooltip.appendMarkdown(line.markdown);
    });
    this.item.tooltip = tooltip;
    this.item.show();
  }
}

/** What is slower than this is said to be, in ms. */
const SLOW_MS = 2000;

function speed(took: number | undefined): string[] {
  if (took === undefined) return [];
  const seconds = (took / 1000).toFixed(1);
  return took < SLOW_MS
    ? [vscode.l10n.t('The last suggestion took {0} s.', seconds)]
    : [
        vscode.l10n.t(
          'The last suggestion took {0} s: this is slow, so a longer pause in typing is waited for.',
          seconds,
        ),
      ];
}

function ghostText(ghost: GhostState, mode: GhostMode): string {
  if (mode === 'off') return '◌';
  switch (ghost.state) {
    case 'computing':
      return '⋯';
    case 'unsure':
      return `? ${ghost.suggestion.meanProbability.toFixed(2)}`;
    case 'shown':
      return `● ${ghost.suggestion.meanProbability.toFixed(2)}`;
    case 'failed':
      return '$(warning)';
    default:
      return mode === 'automatic' ? '●' : '○';
  }
}

/** A line of plain text, or of markdown of our own. */
type Line = string | { markdown: string };

function ghostLines(ghost: GhostState, mode: GhostMode): Line[] {
  if (mode === 'off') return [vscode.l10n.t('Ghost text is off.')];
  const how =
    mode === 'automatic'
      ? vscode.l10n.t('Ghost text continues the raw text before the caret as you type.')
      : vscode.l10n.t('Ghost text continues the raw text before the caret when you ask for it.');
  if (ghost.state === 'failed') return [how, ghost.error instanceof Error ? ghost.error.message : String(ghost.error)];
  if (ghost.state === 'nothing') return [how, vscode.l10n.t('Nothing that fits was found here.')];
  if (ghost.state !== 'shown' && ghost.state !== 'unsure') return [how];
  const why = `[${vscode.l10n.t('why this?')}](command:tokenscope.ghostText.why)`;
  const said =
    ghost.state === 'shown'
      ? vscode.l10n.t('The suggestion, token by token:')
      : vscode.l10n.t('Not offered, since the model is unsure:');
  return [how, `${said} ${probabilities(ghost.suggestion)}`, { markdown: why }];
}

/** `p 0.62 because · 0.90 it …  mean 0.71` */
function probabilities({ tokens, meanProbability }: Suggestion): string {
  const each = tokens
    .slice(0, LISTED)
    .map((token) => `${visibleToken(token)} ${Math.exp(token.logprob).toFixed(2)}`)
    .join(', ');
  const more = tokens.length > LISTED ? ', …' : '';
  return `${each}${more}; ${vscode.l10n.t('mean {0}', meanProbability.toFixed(2))}`;
}
