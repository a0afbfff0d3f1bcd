import * as vscode from 'vscode';
import { bits, perplexity, thousands } from '../../analysis/format.ts';
import { HEAT_MEASURES, type HeatMeasure, MOST_BITS } from '../../analysis/heat.ts';
import type { TextTotals } from '../../analysis/surprisal.ts';
import type { Heatmap } from './heatmap.ts';

/** While the heatmap is on: what its colours mean, and the totals of what is scored. A click chooses the measure. */
export class HeatStatus implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly listening: { dispose(): void };

  constructor(private readonly heatmap: Heatmap) {
    this.item = vscode.window.createStatusBarItem('tokenscope.heatmap', vscode.StatusBarAlignment.Right, 88);
    this.item.name = vscode.l10n.t('Tokenscope heatmap');
    this.item.command = 'tokenscope.heatmap.measure';
    this.listening = heatmap.onDidChange(() => this.draw());
  }

  /** What it says, for tests. */
  get text(): string {
    return this.item.text;
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const { heatmap } = this;
    if (!heatmap.isOn) {
      this.item.hide();
      return;
    }
    const run = heatmap.of(vscode.window.activeTextEditor?.document)?.text?.run;
    const totals = run?.scores.totals;
    const said = totals && summary(totals, run?.before?.totals);
    this.item.text = [`░▒▓█ ${legend(heatmap.measure)}`, said].filter(Boolean).join(' · ');
    const what = vscode.l10n.t(
      'The tint of the text is the {0} of each token. Click for another measure.',
      nameOf(heatmap.measure),
    );
    const part = run?.clipped
      ? ` ${vscode.l10n.t('Only a part of what is seen is scored: the limit is reached.')}`
      : '';
    this.item.tooltip = what + part;
    this.item.show();
  }
}

/** @param before of the unchanged model, where something is switched off */
function summary({ tokens, scored, meanSurprisal, perplexity: value }: TextTotals, before?: TextTotals): string {
  // Nothing is asked before the first token: it has no score, unless there is one before the text.
  const count =
    scored < tokens - 1
      ? vscode.l10n.t('{0} of {1} tokens', thousands(scored), thousands(tokens))
      : vscode.l10n.t('{0} tokens', thousands(tokens));
  if (scored === 0) return count;
  const arrow = (now: string, then: string | undefined) => (then === undefined ? now : `${then} → ${now}`);
  const mean = arrow(bits(meanSurprisal), before && bits(before.meanSurprisal));
  return vscode.l10n.t(
    '{0} · {1}/token · ppl {2}',
    count,
    mean,
    arrow(perplexity(value), before && perplexity(before.perplexity)),
  );
}

function nameOf(measure: HeatMeasure): string {
  if (measure === 'surprisal') return vscode.l10n.t('surprisal');
  if (measure === 'rank') return vscode.l10n.t('rank');
  return measure === 'entropy' ? vscode.l10n.t('entropy') : vscode.l10n.t('probability');
}

/** What the ends of the scale stand for. */
function legend(measure: HeatMeasure): string {
  if (measure === 'surprisal') return vscode.l10n.t('surprisal 0 … {0} bits', MOST_BITS);
  if (measure === 'rank') return vscode.l10n.t('rank 1 · 10 · 100 · 1000 · beyond');
  if (measure === 'entropy') return vscode.l10n.t('entropy 0 … {0} bits', MOST_BITS);
  return vscode.l10n.t('probability 100 … 0 %');
}

/** Lets the person choose what the tint says. */
export async function chooseMeasure({ measure }: Heatmap): Promise<void> {
  const items = HEAT_MEASURES.map((each) => ({
    label: nameOf(each),
    description: legend(each),
    picked: each === measure,
    measure: each,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('What the tint of the text says') });
  if (chosen) {
    const values = vscode.workspace.getConfiguration('tokenscope');
    await values.update('heatmap.measure', chosen.measure, vscode.ConfigurationTarget.Global);
  }
}
