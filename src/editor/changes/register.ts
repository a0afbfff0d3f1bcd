import * as vscode from 'vscode';
import { parseAblated } from '../../analysis/ablation.ts';
import { registerCommands } from '../../explore/commands.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import { ChangesItem } from './changesItem.ts';

/** What is switched off in the model, in the status bar, and the commands that change and restore it. */
export function registerChanges({ subscriptions }: vscode.ExtensionContext, changes: ModelChanges): ChangesItem {
  const item = new ChangesItem(changes);
  subscriptions.push(
    item,
    registerCommands({
      restoreModel: () => changes.restore(),
      switchOff: () => switchOff(changes),
    }),
  );
  return item;
}

/** Asks what is to be switched off, as the command line takes it. */
async function switchOff(changes: ModelChanges): Promise<void> {
  const { parts, mean } = changes.state;
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Switch off parts of the model'),
    prompt: vscode.l10n.t('layer.head, layer.attn or layer.mlp, separated by commas; nothing restores the model'),
    value: parts.map(({ layer, part }) => `${layer}.${part}`).join(', '),
    validateInput: (value) => {
      const read = value.trim() === '' ? [] : parseAblated(value);
      return typeof read === 'string' ? vscode.l10n.t('Expected for example 18.6, 17.attn or 3.mlp.') : undefined;
    },
  });
  if (typed === undefined) return;
  const read = typed.trim() === '' ? [] : parseAblated(typed);
  if (typeof read !== 'string') await changes.switchOff(read, mean);
}
