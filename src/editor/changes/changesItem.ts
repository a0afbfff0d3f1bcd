import * as vscode from 'vscode';
import { ablatedNames, LISTED_PARTS } from '../../analysis/ablation.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';

/** While something is switched off in the model the status bar says so; a click restores it. */
export class ChangesItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly listening: { dispose(): void };

  constructor(private readonly changes: ModelChanges) {
    this.item = vscode.window.createStatusBarItem('tokenscope.changes', vscode.StatusBarAlignment.Right, 89);
    this.item.name = vscode.l10n.t('Tokenscope: what is switched off in the model');
    this.item.command = 'tokenscope.restoreModel';
    this.item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.listening = changes.onDidChange(() => this.draw());
  }

  /** What it says, for tests; undefined: it is not there. */
  get text(): string | undefined {
    return this.changes.state.parts.length > 0 ? this.item.text : undefined;
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const { parts, mean } = this.changes.state;
    if (parts.length === 0) {
      this.item.hide();
      return;
    }
    this.item.text = `$(circle-slash) ${offSentence(parts.length)}`;
    const names = ablatedNames(parts, LISTED_PARTS);
    const how = mean
      ? vscode.l10n.t('Set to their mean over a fixed text: {0}.', names)
      : vscode.l10n.t('Set to zero: {0}.', names);
    this.item.tooltip = `${how} ${vscode.l10n.t('All that is shown speaks of the model so. Click to restore it.')}`;
    this.item.show();
  }
}

const offSentence = (count: number): string =>
  count === 1 ? vscode.l10n.t('1 part off') : vscode.l10n.t('{0} parts off', count);
