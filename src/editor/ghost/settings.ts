import * as vscode from 'vscode';

/** When ghost text is offered: by itself, only where it is asked for, or never. */
export type GhostMode = 'automatic' | 'onDemand' | 'off';

export interface GhostSettings {
  mode: GhostMode;
  /** Tokens of a suggestion at most. */
  maxTokens: number;
  /** How many suggestions there are to cycle through. */
  alternatives: number;
  /** Tokens of text before the caret at most. */
  contextTokens: number;
  /** Of less than this mean probability of its tokens, nothing is offered by itself. */
  threshold: number;
  multiline: boolean;
  /** Globs of files in which nothing is offered. */
  exclude: readonly string[];
}

const SECTION = 'tokenscope.ghostText';
const MODES: readonly GhostMode[] = ['automatic', 'onDemand', 'off'];

/** The settings for a document, those of its language included. */
export function ghostSettings(document: vscode.TextDocument): GhostSettings {
  const values = vscode.workspace.getConfiguration(SECTION, document);
  const exclude = values.get<unknown>('exclude');
  return {
    mode: MODES.find((mode) => mode === values.get('mode')) ?? 'automatic',
    maxTokens: Math.round(within(values.get('maxTokens'), 1, 128, 16)),
    alternatives: Math.round(within(values.get('alternatives'), 1, 8, 3)),
    contextTokens: Math.round(within(values.get('contextTokens'), 16, 8192, 512)),
    threshold: within(values.get('threshold'), 0, 1, 0.2),
    multiline: values.get('multiline') !== false,
    exclude: Array.isArray(exclude) ? exclude.filter((glob) => typeof glob === 'string') : [],
  };
}

/** What is shown in editors without being anybody's text. */
const NOT_WRITTEN = new Set(['output', 'debug', 'comment', 'vscode-scm', 'git', 'search-editor']);

/** Whether nothing may be suggested in a document, whoever asks. */
export function isExcluded(document: vscode.TextDocument, { mode, exclude }: GhostSettings): boolean {
  if (mode === 'off' || NOT_WRITTEN.has(document.uri.scheme)) return true;
  if (vscode.workspace.getConfiguration('editor', document).get('inlineSuggest.enabled') === false) return true;
  return exclude.some((pattern) => vscode.languages.match({ pattern }, document) > 0);
}

/** Sets the mode for the person, for all languages or for one. */
export async function setGhostMode(mode: GhostMode, languageId?: string): Promise<void> {
  const scope = languageId === undefined ? undefined : { languageId };
  const values = vscode.workspace.getConfiguration(SECTION, scope);
  await values.update('mode', mode, vscode.ConfigurationTarget.Global, languageId !== undefined);
}

// settings.json is written by hand: any value may stand there.
function within(value: unknown, least: number, most: number, otherwise: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return otherwise;
  return Math.min(most, Math.max(least, value));
}
