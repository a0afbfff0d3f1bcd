import * as vscode from 'vscode';
import { registerCommands } from '../../explore/commands.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { WindowEngine } from '../../explore/windowEngine.ts';
import { suggestHere, toggleGhostText } from './commands.ts';
import { GhostStates } from './ghostState.ts';
import { GhostStatus } from './ghostStatus.ts';
import { GhostText } from './ghostText.ts';
import { otherProvider } from './otherProviders.ts';
import { setGhostMode } from './settings.ts';
import { type ShowTree, whyShown } from './why.ts';

export interface Ghost {
  ghost: GhostStates;
  ghostStatus: GhostStatus;
}

/** What other rooms do for it. */
interface Others {
  showTree: ShowTree;
  /** Whether something else is shown as ghost text in a document. */
  isTaken: (document: vscode.TextDocument) => boolean;
}

/** Ghost text, its item in the status bar, and its commands. */
export function registerGhostText(
  { subscriptions, globalState }: vscode.ExtensionContext,
  engine: WindowEngine,
  changes: ModelChanges,
  log: vscode.LogOutputChannel,
  { showTree, isTaken }: Others,
): Ghost {
  const ghost = new GhostStates();
  const ghostStatus = new GhostStatus(ghost);
  suggestBeside(ghostStatus, ghost, globalState);
  subscriptions.push(
    ghostStatus,
    new GhostText(engine, changes, ghost, log, isTaken),
    registerCommands({
      'ghostText.toggle': () => {
        ghostStatus.remark(undefined);
        return toggleGhostText();
      },
      'ghostText.toggleForLanguage': () => toggleGhostText({ forLanguage: true }),
      'ghostText.onDemand': () => {
        ghostStatus.remark(undefined);
        return setGhostMode('onDemand');
      },
      'ghostText.suggest': suggestHere,
      'ghostText.why': () => whyShown(engine, changes, ghost, showTree),
    }),
  );
  return { ghost, ghostStatus };
}

/** Where another extension suggests inline too, the status bar says so once. */
function suggestBeside(status: GhostStatus, ghost: GhostStates, memory: vscode.Memento): void {
  const listening = ghost.onDidChange(({ state }) => {
    if (state !== 'shown') return;
    listening.dispose();
    const other = otherProvider(memory);
    if (other) status.remark(vscode.l10n.t('beside {0}', other));
  });
}
