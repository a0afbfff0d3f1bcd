import * as vscode from 'vscode';
import { registerCommands } from '../../explore/commands.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import type { WindowEngine } from '../../explore/windowEngine.ts';
import { openMenu } from './menu.ts';
import { StatusItem } from './statusItem.ts';

/** The engine's item in the status bar with its menu, and the commands that stop, restart and look into it. */
export function registerStatus(
  { subscriptions }: vscode.ExtensionContext,
  engine: WindowEngine,
  texts: ScoredTexts,
  log: vscode.LogOutputChannel,
): void {
  texts.read({ busy: (busy) => void vscode.commands.executeCommand('setContext', 'tokenscope.computing', busy) });
  subscriptions.push(
    new StatusItem(engine),
    registerCommands({
      cancel: () => {
        for (const text of texts.all) text.cancel();
      },
      restartEngine: () => {
        engine.stop();
        for (const text of texts.all) text.rerun();
      },
      showOutput: () => log.show(),
      menu: openMenu,
    }),
  );
}
