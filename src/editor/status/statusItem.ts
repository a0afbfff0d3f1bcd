import * as vscode from 'vscode';
import { visibleToken } from '../../analysis/format.ts';
import type { Suggestion } from '../../continuations/suggester.ts';
import type { EngineState, WindowEngine } from '../../explore/windowEngine.ts';
import type { GhostState, GhostStates } from '../ghost/ghostState.ts';
import { type GhostMode, ghostSettings } from '../ghost/settings.ts';

/** Tokens of a suggestion whose probabilities the tooltip lists. */
const LISTED = 8;

/** The item that says what the engine and ghost text do; a click opens the menu. */
export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly listening: { dispose(): void }[];
  private note: string | undefined;

  constructor(
    private readonly engine: WindowEngine,
    private readonly ghost: GhostStates,
  ) {
    this.item = vscode.window.createStatusBarItem('tokenscope.engine', vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'Tokenscope';
    this.item.command = 'tokenscope.menu';
    this.listening = [
      engine.onDidChangeState(() => this.draw()),
      ghost.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('tokenscope')) this.draw();
      }),
    ];
    this.draw();
    this.item.show();
  }

  /** What it says now, for tests. */
  get text(): string {
    return this.item.text;
  }

  /** Says a sentence beside what it says else; undefined: no more. */
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
    const mode = document ? ghostSettings(document).mode : undefined;
    const { state } = this.engine;
    const ghost = mode ? ghostText(this.ghost.state, mode) : '';
    this.item.text = [state.state === 'loading' ? loading(state) : '$(eye) Tokenscope', ghost, this.note]
      .filter(Boolean)
      .join(' ');
    const lines = [
      engineLine(state),
      ...(mode ? [...ghostLines(this.ghost.state, mode), ...speed(this.ghost.took)] : []),
    ];
    const tooltip = new vscode.MarkdownString();
    tooltip.isTrusted = { enabledCommands: ['tokenscope.ghostText.why'] };
    lines.forEach((line, i) => {
      if (i > 0) tooltip.appendMarkdown('\n\n');
      if (typeof line === 'string') tooltip.appendText(line);
      else tooltip.appendMarkdown(line.markdown);
    });
    this.item.tooltip = tooltip;
  }
}

function loading({ progress }: Extract<EngineState, { state: 'loading' }>): string {
  const part = progress ? Math.round((100 * progress.done) / Math.max(1, progress.total)) : 0;
  return `$(loading~spin) ${vscode.l10n.t('Tokenscope: loading {0} %', part)}`;
}

function engineLine(state: EngineState): string {
  if (state.state === 'off') return vscode.l10n.t('No model is loaded; it is loaded at the first use.');
  if (state.state === 'loading') return vscode.l10n.t('The model is loading.');
  const { name, precision, loadMs } = state.model;
  return vscode.l10n.t('{0}, {1}, loaded in {2} s', name, precision, (loadMs / 1000).toFixed(1));
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
