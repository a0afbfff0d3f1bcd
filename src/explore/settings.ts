import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { Precision } from '../runtime/api.ts';

export interface Settings {
  /** Path of the model; empty: the bundled one. */
  model: string;
  precision: Precision;
  /** 0: automatic. */
  threads: number;
  /** At most so many tokens of a selection are explored. */
  maxTokens: number;
  /** A model that was not used for so long is unloaded; 0: never. */
  unloadAfterMinutes: number;
}

/** The settings now. In a workspace that is not trusted, VS Code itself leaves out its value of the model. */
export function readSettings(): Settings {
  const values = vscode.workspace.getConfiguration('tokenscope');
  return {
    model: resolvePath(text(values.get('model')).trim()),
    precision: values.get('precision') === 'fp32' ? 'fp32' : 'int8',
    threads: whole(values.get('threads'), 0, 0, 64),
    maxTokens: whole(values.get('maxTokens'), 1024, 2, 8192),
    unloadAfterMinutes: bounded(values.get('unloadAfterMinutes'), 20, 0, 1440),
  };
}

// settings.json is written by hand: any value may stand there.
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A number within bounds; `otherwise` where it is none. */
export function bounded(value: unknown, otherwise: number, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return otherwise;
  return Math.min(most, Math.max(least, value));
}

const whole = (value: unknown, otherwise: number, least: number, most: number): number =>
  Math.floor(bounded(value, otherwise, least, most));

/** `~` is the home folder; a relative path starts in the first workspace folder. */
function resolvePath(path: string): string {
  if (path === '') return '';
  if (path === '~' || /^~[\\/]/.test(path)) return join(homedir(), path.slice(1));
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return isAbsolute(path) || folder?.scheme !== 'file' ? path : join(folder.fsPath, path);
}
