import * as vscode from 'vscode';

/** What the commands of package.json do. */
export interface Actions {
  exploreSelection(): void;
  cancel(): void;
  restartEngine(): void;
  openExample(): Promise<void>;
  showOutput(): void;
}

/** Registers each action as the command `tokenscope.<its name>`. */
export function registerCommands(actions: Actions): vscode.Disposable {
  const names = Object.keys(actions) as (keyof Actions)[];
  return vscode.Disposable.from(
    ...names.map((name) => vscode.commands.registerCommand(`tokenscope.${name}`, () => actions[name]())),
  );
}
