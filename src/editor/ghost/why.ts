import * as vscode from 'vscode';
import { percent, rank, visibleToken } from '../../analysis/format.ts';
import type { Suggestion } from '../../continuations/suggester.ts';
import { changedEngine } from '../../explore/changedEngine.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';
import type { LoadedEngine, WindowEngine } from '../../explore/windowEngine.ts';
import type { GhostStates } from './ghostState.ts';

/** Rivals that are listed beside each token. */
const RIVALS = 5;

/** A token of a suggestion among those that might have come in its place. */
export interface Reason {
  token: string;
  /** Under the plain distribution. */
  probability: number;
  rank: number;
  /** The likeliest tokens there, itself among them where it is one. */
  rivals: { token: string; probability: number }[];
}

/** Why each token of a suggestion was chosen. The model runs the suggestion once, after its context. @throws what the engine throws */
export async function reasons(
  { engine, pieces }: LoadedEngine,
  { ids, tokens }: Suggestion,
  signal: AbortSignal,
): Promise<Reason[]> {
  const all = [...ids, ...tokens.map(({ id }) => id)];
  const found: Reason[] = [];
  for await (const chunk of engine.run({ ids: all, topK: RIVALS, scoreFrom: ids.length - 1 }, signal)) {
    await pieces.learn(chunk.topIds);
    const shown = (id: number) => visibleToken(pieces.get(id)!);
    for (let i = 0; i < chunk.count; i++) {
      // Entry i scores its own token, and lists what may come after it.
      const at = chunk.from + i - ids.length;
      if (at >= 0) Object.assign(found[at], { probability: Math.exp(chunk.logprob[i]), rank: chunk.rank[i] });
      if (at + 1 >= tokens.length) continue;
      const rivals = Array.from({ length: RIVALS }, (_, k) => ({
        token: shown(chunk.topIds[i * RIVALS + k]),
        probability: Math.exp(chunk.topLogprobs[i * RIVALS + k]),
      }));
      found[at + 1] = { token: visibleToken(tokens[at + 1]), probability: Number.NaN, rank: 0, rivals };
    }
  }
  return found;
}

/** Shows how a document may go on after a part of it, as a tree. */
export type ShowTree = (document: vscode.TextDocument, context: OffsetRange) => void;

/**
 * Shows the tree where the last suggestion begins, and lists its tokens, each with its probability and its rivals; or says
 * that there is none.
 */
export async function whyShown(
  { loaded }: WindowEngine,
  { interventions }: ModelChanges,
  { state }: GhostStates,
  showTree: ShowTree,
): Promise<void> {
  if (!loaded || (state.state !== 'shown' && state.state !== 'unsure')) {
    const none = vscode.l10n.t('There is no suggestion to explain: ask for one with "Suggest at the Caret".');
    await vscode.window.showInformationMessage(none);
    return;
  }
  const { document, context } = state;
  if (!document.isClosed && context.end > context.start) showTree(document, context);
  const abort = new AbortController();
  const changed = { ...loaded, engine: changedEngine(loaded.engine, interventions) };
  const items = reasons(changed, state.suggestion, abort.signal).then((found) =>
    found.map(({ token, probability, rank: place, rivals }) => ({
      label: token,
      description: vscode.l10n.t('{0}, rank {1}', percent(probability), rank(place)),
      detail: rivals.map((rival) => `${rival.token} ${percent(rival.probability)}`).join(' · '),
    })),
  );
  const title = vscode.l10n.t('Each suggested token, and what else might come there');
  await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
  abort.abort();
}
