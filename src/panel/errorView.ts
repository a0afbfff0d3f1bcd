import * as vscode from 'vscode';
import { ModelError, TokenscopeError } from '../errors.ts';
import type { ErrorView } from './protocol.ts';

/** An error as the panel shows it, with a button that does what helps. */
export function errorView(error: unknown): ErrorView {
  const again = { label: vscode.l10n.t('Try again'), message: { type: 'rerun' } as const };
  if (error instanceof TokenscopeError) {
    const { what, where, todo } = error;
    const settings = {
      label: vscode.l10n.t('Open settings'),
      message: { type: 'openSettings', query: 'tokenscope.model' } as const,
    };
    return { what, where, todo, action: error instanceof ModelError ? settings : again };
  }
  return {
    what: error instanceof Error ? error.message : String(error),
    where: vscode.l10n.t('The engine'),
    todo: vscode.l10n.t('Try again; the output "Tokenscope" tells more.'),
    action: again,
  };
}
