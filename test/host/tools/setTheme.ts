import * as vscode from 'vscode';
import type { Theme } from '../../browser/theme.ts';

/** VS Code's own themes by the names used in the tests. */
export const themeIds: Record<Theme, string> = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'hc-dark': 'Default High Contrast',
  'hc-light': 'Default High Contrast Light',
};

/** Changes the theme of the window. @returns the theme's id, as data-vscode-theme-id of a webview's body shows it. */
export async function setTheme(theme: Theme): Promise<string> {
  const configuration = vscode.workspace.getConfiguration('workbench');
  await configuration.update('colorTheme', themeIds[theme], vscode.ConfigurationTarget.Global);
  return themeIds[theme];
}
