import * as vscode from 'vscode';
import { ghostSettings } from '../ghost/settings.ts';

interface Entry extends vscode.QuickPickItem {
  command: string;
  args?: unknown[];
}

/** What can be done, as a list to choose from; the status bar's item opens it. */
export async function openMenu(): Promise<void> {
  const chosen = await vscode.window.showQuickPick(entries(), { title: 'Tokenscope' });
  if (chosen) await vscode.commands.executeCommand(chosen.command, ...(chosen.args ?? []));
}

function entries(): Entry[] {
  const editor = vscode.window.activeTextEditor;
  const mode = editor && ghostSettings(editor.document).mode;
  const language = editor?.document.languageId ?? '';
  return [
    ...(editor
      ? [
          mode === 'automatic'
            ? entry('circle-slash', vscode.l10n.t('Turn ghost text off'), 'tokenscope.ghostText.toggle')
            : entry('check', vscode.l10n.t('Turn ghost text on'), 'tokenscope.ghostText.toggle'),
          entry(
            'symbol-keyword',
            mode === 'automatic'
              ? vscode.l10n.t('Turn ghost text off for {0}', language)
              : vscode.l10n.t('Turn ghost text on for {0}', language),
            'tokenscope.ghostText.toggleForLanguage',
          ),
          ...(mode === 'automatic'
            ? [entry('circle-outline', vscode.l10n.t('Ghost text on demand only'), 'tokenscope.ghostText.onDemand')]
            : []),
          entry('lightbulb', vscode.l10n.t('Suggest at the caret'), 'tokenscope.ghostText.suggest'),
          entry('question', vscode.l10n.t('Why this suggestion?'), 'tokenscope.ghostText.why'),
          entry('eye', vscode.l10n.t('Explore the selection'), 'tokenscope.exploreSelection'),
        ]
      : []),
    entry('symbol-color', vscode.l10n.t('Heatmap on or off'), 'tokenscope.heatmap.toggle'),
    entry('debug-restart', vscode.l10n.t('Restart the engine'), 'tokenscope.restartEngine'),
    entry('gear', vscode.l10n.t('Settings'), 'workbench.action.openSettings', ['@ext:tokenscope.tokenscope']),
    entry('output', vscode.l10n.t('Show the output'), 'tokenscope.showOutput'),
  ];
}

const entry = (icon: string, label: string, command: string, args?: unknown[]): Entry => ({
  label: `$(${icon}) ${label}`,
  command,
  args,
});
