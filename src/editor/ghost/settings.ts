import * as vscode from 'vscode';
import { bounded } from '../../explore/settings.ts';

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
    maxTokens: Math.round(bounded(values.get('maxTokens'), 16, 1, 128)),
    alternatives: Math.round(bounded(values.get('alternatives'), 3, 1, 8)),
    contextTokens: Math.round(bounded(values.get('contextTokens'), 512, 16, 8192)),
    threshold: bounded(values.get('threshold'), 0.2, 0, 1),
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
