import * as vscode from 'vscode';
import { UNITS_PER_TOKEN } from '../../continuations/context.ts';
import { type Place, SuggestionMemory } from '../../continuations/memory.ts';
import { SHARE_AFTER, type Suggestion, type SuggestRequest, suggest } from '../../continuations/suggester.ts';
import { EngineEnded } from '../../errors.ts';
import { changedEngine } from '../../explore/changedEngine.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';
import type { LoadedEngine, WindowEngine } from '../../explore/windowEngine.ts';
import type { GhostStates } from './ghostState.ts';
import { type Gap, placeOf, surroundings, textAfter } from './place.ts';
import { type GhostSettings, ghostSettings, isExcluded } from './settings.ts';

/** A run begins when so long nothing was typed: a burst of typing costs one run. */
const PAUSE_MS = 100;
/** Where suggestions are slow it is longer: half of what the last one took, up to this. */
const LONGEST_PAUSE_MS = 2000;
/** How often the context is halved when it has more tokens than its characters let expect. */
const TIGHTENED = 3;

/** What is wanted at a place, with all that decides of it. */
interface Asked extends Gap {
  settings: GhostSettings;
  place: Place;
}

/**
 * Inline suggestions from the window's engine. What was suggested is remembered (SuggestionMemory): typing through a
 * suggestion, and going back, ask nothing of the model. While one is shown, its alternatives and what would follow it
 * are worked out in the background.
 */
export class GhostText implements vscode.InlineCompletionItemProvider, vscode.Disposable {
  private readonly memory = new SuggestionMemory();
  private readonly listening: vscode.Disposable[];
  private changedAt = 0;
  private ahead: AbortController | undefined;
  /** Of the newest request. */
  private newest: AbortController | undefined;

  /** @param isTaken whether something else is shown as ghost text in a document */
  constructor(
    private readonly engine: WindowEngine,
    private readonly changes: ModelChanges,
    private readonly states: GhostStates,
    private readonly log: vscode.LogOutputChannel,
    private readonly isTaken: (document: vscode.TextDocument) => boolean,
  ) {
    this.listening = [
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document)
          this.changedAt = performance.now();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.memory.forget(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('tokenscope.ghostText')) this.memory.clear();
      }),
      vscode.Disposable.from(engine.onDidChangeState(({ state }) => state !== 'ready' || this.memory.clear())),
      vscode.Disposable.from(changes.onDidChange(() => this.memory.clear())),
    ];
  }

  dispose(): void {
    this.ahead?.abort();
    for (const listener of this.listening) listener.dispose();
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    { triggerKind, selectedCompletionInfo: selected }: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const invoked = triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const settings = ghostSettings(document);
    if (this.isTaken(document) || isExcluded(document, settings) || !(invoked || isWanted(document, settings)))
      return [];
    const asked = this.asked(
      { document, range: selected?.range ?? new vscode.Range(position, position), selected: selected?.text ?? '' },
      settings,
    );
    const { loaded } = this.engine;
    const abort = new AbortController();
    this.newest = abort;
    const cancelled = token.onCancellationRequested(() => abort.abort(new DOMException('Typed on', 'AbortError')));
    try {
      if (!invoked) await focus(abort.signal);
      const suggestions = invoked ? await this.all(asked, abort.signal) : await this.first(asked, abort.signal);
      if (token.isCancellationRequested) return [];
      this.shown(asked, suggestions, invoked);
      const sure = invoked ? suggestions : suggestions.filter((each) => each.meanProbability >= settings.threshold);
      return sure.map((suggestion) => itemOf(asked, suggestion));
    } catch (error) {
      if (!abort.signal.aborted && !this.isLost(error, loaded)) this.failed(error);
      else if (this.newest === abort) this.states.become({ state: 'idle' });
      return [];
    } finally {
      cancelled.dispose();
    }
  }

  private asked(gap: Gap, settings: GhostSettings): Asked {
    return { ...gap, settings, place: placeOf(gap, this.before(settings)) };
  }

  /** Tokens before the caret at most; a model that fills in is given some after it. */
  private before({ contextTokens }: GhostSettings): number {
    return this.engine.loaded?.model.fillIn ? Math.floor(contextTokens * (1 - SHARE_AFTER)) : contextTokens;
  }

  /** The likeliest suggestion, or the one that was shown here before. */
  private async first(asked: Asked, signal: AbortSignal): Promise<readonly Suggestion[]> {
    const known = this.memory.at(asked.place);
    if (known) return known.suggestions.slice(0, 1);
    await this.pause(signal);
    return this.run(asked, 1, signal);
  }

  /** All there are to cycle through: the one that is shown first, then the others. */
  private async all(asked: Asked, signal: AbortSignal): Promise<readonly Suggestion[]> {
    const { place, settings } = asked;
    const known = this.memory.at(place);
    if (!known || known.suggestions.length === 0) return this.run(asked, settings.alternatives, signal);
    if (known.all) return known.suggestions;
    return this.others(asked, known.suggestions[0], 'ghost text', signal);
  }

  private async run(asked: Asked, count: number, signal: AbortSignal): Promise<readonly Suggestion[]> {
    this.ahead?.abort(new DOMException('Something else is suggested', 'AbortError'));
    this.states.become({ state: 'computing' });
    const began = performance.now();
    const suggestions = await this.suggest(asked, { count }, 'ghost text', signal);
    this.states.took = performance.now() - began;
    this.memory.add(asked.place, suggestions, count > 1 || asked.settings.alternatives === 1);
    return suggestions;
  }

  /** The alternatives to a suggestion, after it. */
  private async others(
    asked: Asked,
    shown: Suggestion,
    channel: 'ghost text' | 'ghost text ahead',
    signal: AbortSignal,
  ): Promise<readonly Suggestion[]> {
    // Of a suggestion that was typed into, the first token is no longer the one that comes next.
    const without = shown.typed.trim() === '' ? shown.tokens[0].id : undefined;
    const count = asked.settings.alternatives - 1;
    const found = count > 0 ? await this.suggest(asked, { count, without }, channel, signal) : [];
    const all = [shown, ...found.filter(({ text }) => text !== shown.text)];
    this.memory.add(asked.place, all, true);
    return all;
  }

  private async suggest(
    asked: Asked,
    wanted: Pick<SuggestRequest, 'count' | 'without'>,
    channel: 'ghost text' | 'ghost text ahead',
    signal: AbortSignal,
  ): Promise<readonly Suggestion[]> {
    const { settings, place } = asked;
    const { model } = await this.loaded(signal);
    const priority = channel === 'ghost text' ? 'foreground' : 'background';
    const engine = changedEngine(this.engine.channel(channel, priority), this.changes.interventions);
    const around = surroundings(asked, place, settings.multiline);
    const after = model.fillIn ? textAfter(asked, settings.contextTokens * SHARE_AFTER * UNITS_PER_TOKEN) : '';
    const limit = Math.min(settings.contextTokens, model.contextLength - settings.maxTokens);
    let { before } = place;
    for (let tighter = 1; ; tighter++) {
      const request = { before, after, around, maxTokens: settings.maxTokens, ...wanted };
      const found = await suggest(engine, request, { fillIn: model.fillIn, limit }, signal);
      if (found || tighter > TIGHTENED) return found ?? [];
      before = placeOf(asked, this.before(settings), tighter).before;
    }
  }

  /** The model of the settings; a load goes on when the person types on meanwhile. */
  private async loaded(signal: AbortSignal) {
    const loading = this.engine.ready(new AbortController().signal, () => {});
    loading.catch(() => {}); // told to those who wait
    const gone = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([loading, gone]);
  }

  private async pause(signal: AbortSignal): Promise<void> {
    const still = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, (this.states.took ?? 0) / 2));
    const rest = this.changedAt + still - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    signal.throwIfAborted();
  }

  private shown(asked: Asked, suggestions: readonly Suggestion[], invoked: boolean): void {
    const [first, ...others] = suggestions;
    const { threshold } = asked.settings;
    if (!first) {
      this.states.become({ state: 'nothing' });
      return;
    }
    const unsure = !invoked && first.meanProbability < threshold;
    const { before } = asked.place;
    const lineBefore = before.slice(before.lastIndexOf('\n') + 1);
    const { document } = asked;
    this.states.become({
      state: unsure ? 'unsure' : 'shown',
      suggestion: first,
      others,
      document,
      lineBefore,
      context: contextOf(asked, first),
    });
    if (!unsure) this.workAhead(asked, first);
  }

  /** While a suggestion is shown: its alternatives, and what follows when it is accepted. */
  private workAhead(asked: Asked, shown: Suggestion): void {
    const { place, document, range } = asked;
    this.ahead?.abort();
    const abort = new AbortController();
    this.ahead = abort;
    const work = async () => {
      // Who types through a suggestion has chosen it: others are worked out when they are asked for.
      const fresh = shown.typed.trim() === '';
      if (fresh && !this.memory.at(place)?.all) await this.others(asked, shown, 'ghost text ahead', abort.signal);
      const next = { ...place, before: place.before + shown.text };
      if (!this.memory.at(next) && !document.isClosed) {
        const after = { ...asked, place: next };
        this.memory.add(next, await this.suggest(after, { count: 1 }, 'ghost text ahead', abort.signal), false);
      }
      this.states.workedAhead();
    };
    work().catch((error: unknown) => {
      if (!abort.signal.aborted) this.log.debug(`Ahead of ${document.fileName}:${range.end.line + 1}: ${error}`);
    });
  }

  /** Whether the model went away meanwhile: that is told elsewhere, and the next request finds the new one. */
  private isLost(error: unknown, before: LoadedEngine | undefined): boolean {
    const ended = error instanceof EngineEnded || (error instanceof Error && error.name === 'AbortError');
    return ended || (before !== undefined && this.engine.loaded !== before);
  }

  private failed(error: unknown): void {
    this.log.error(`Ghost text: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    this.states.become({ state: 'failed', error });
  }
}

/** Whether something is offered without being asked for. */
const isWanted = ({ uri }: vscode.TextDocument, { mode }: GhostSettings): boolean => {
  const editor = vscode.window.activeTextEditor;
  const several = editor?.document.uri.toString() === uri.toString() && editor.selections.length > 1;
  return mode === 'automatic' && !several;
};

/** Nothing is computed while the window has no focus. @throws the signal's reason */
async function focus(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (vscode.window.state.focused) return;
  await new Promise<void>((resolve) => {
    const listening = vscode.window.onDidChangeWindowState(({ focused }) => focused && end());
    const end = () => {
      listening.dispose();
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
  });
  signal.throwIfAborted();
}

/** What of the context stands in the document: not what the suggest widget has selected, nor the cells before. */
function contextOf({ document, range, selected, place }: Asked, { typed }: Suggestion): OffsetRange {
  const gap = document.offsetAt(range.start);
  return {
    start: Math.max(0, gap + selected.length - place.before.length),
    end: gap - Math.max(0, typed.length - selected.length),
  };
}

function itemOf({ range, selected }: Asked, { text }: Suggestion): vscode.InlineCompletionItem {
  return new vscode.InlineCompletionItem(selected + text, range);
}
