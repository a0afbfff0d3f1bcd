import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What of VS Code's command line the stand-in understands. */
export interface CodeArguments {
  extensionDevelopmentPath: string[];
  extensionTestsPath?: string;
  userDataDir?: string;
  extensionsDir?: string;
  enableProposedApi?: string;
  disableExtensions: boolean;
  folder?: string;
}

/** Reads the command line that @vscode/test-electron builds for the desktop program; unknown options are ignored. */
export function parseArguments(argv: string[]): CodeArguments {
  const parsed: CodeArguments = { extensionDevelopmentPath: [], disableExtensions: false };
  for (const argument of argv) {
    const option = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
    const value = option?.[2];
    if (!option) {
      if (existsSync(argument)) parsed.folder = argument;
    } else if (option[1] === 'disable-extensions') parsed.disableExtensions = true;
    else if (value === undefined) continue;
    else if (option[1] === 'extensionDevelopmentPath') parsed.extensionDevelopmentPath.push(value);
    else if (option[1] === 'extensionTestsPath') parsed.extensionTestsPath = value;
    else if (option[1] === 'user-data-dir') parsed.userDataDir = value;
    else if (option[1] === 'extensions-dir') parsed.extensionsDir = value;
    else if (option[1] === 'enable-proposed-api') parsed.enableProposedApi = value;
    else if (option[1] === 'folder-uri') parsed.folder = fileURLToPath(value);
  }
  return parsed;
}
