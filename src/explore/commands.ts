import * as vscode from 'vscode';

/** What the commands of package.json, and of links, do; each under its name without `tokenscope.`. */
export type Actions = Record<string, (link?: unknown) => unknown>;

export function registerCommands(actions: Actions): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(actions).map(([name, act]) =>
      vscode.commands.registerCommand(`tokenscope.${name}`, (link: unknown) => act(link)),
    ),
  );
}
