/** What a person can do, whichever hand did it: each changes the store and tells the host. */
import type { Ablated } from '../src/analysis/ablation.ts';
import type { PageMessage } from '../src/panel/protocol.ts';
import { post } from './host.ts';
import { t } from './l10n.ts';
import { announce, spoken } from './speech.ts';
import type { Store } from './store.ts';

export class Actions {
  constructor(readonly store: Store) {}

  /** Chooses a token, or with the number of tokens the place after the last one. */
  choose(position: number): void {
    const { state } = this.store;
    const next = Math.max(0, Math.min(position, state.tokens.length));
    if (state.tokens.length === 0) return;
    if (next !== state.chosen) this.store.set({ chosen: next });
    post({ type: 'choose', run: state.run, position: next });
    announce(spoken(this.store.state, next));
  }

  /** Previews a token, or none, and perhaps one that it looks at. */
  hover(position: number | null, target: number | null = null): void {
    const { state } = this.store;
    if (position === state.hovered && target === state.target) return;
    this.store.set({ hovered: position, target });
    const inText = position !== null && position < state.tokens.length;
    post({ type: 'hover', run: state.run, position: inText ? position : null, target: target ?? undefined });
  }

  /** Puts a candidate into the text in place of the chosen token. */
  tryCandidate(id: number): void {
    const { run, chosen, outdated } = this.store.state;
    if (!outdated) post({ type: 'tryCandidate', run, position: chosen, id });
  }

  setView(view: string): void {
    this.store.set({ view });
  }

  setLayer(layer: number): void {
    const { model } = this.store.state;
    if (!model || layer < 0 || layer >= model.nLayers) return;
    this.chooseHead(layer, this.store.state.head);
    announce(t('layer {0}', layer));
  }

  setHead(head: number): void {
    const { model } = this.store.state;
    if (!model || head < 0 || head >= model.nHeads) return;
    this.chooseHead(this.store.state.layer, head);
    announce(t('head {0}', head));
  }

  /** Chooses a head of any layer. */
  chooseHead(layer: number, head: number): void {
    this.store.set({ layer, head, headChosen: true });
    post({ type: 'chooseHead', run: Math.max(0, this.store.state.run), layer, head });
  }

  /** Holds the token, or the head, whatever others choose; or follows them again. */
  toggleLock(of: 'token' | 'head'): void {
    const { lock } = this.store.state;
    const next = { ...lock, [of]: !lock[of] };
    this.store.set({ lock: next });
    post({ type: 'lock', ...next });
  }

  setSampling(patch: Partial<Store['state']['sampling']>): void {
    this.store.set({ sampling: { ...this.store.state.sampling, ...patch } });
  }

  togglePinned(): void {
    const pinned = !this.store.state.pinned;
    this.store.set({ pinned });
    post({ type: 'pin', pinned });
  }

  /** Switches parts of the model off, in place of what was; none restores it. */
  switchOff(parts: readonly Ablated[], mean = this.store.state.changed.mean): void {
    post({ type: 'switchOff', parts: [...parts], mean });
  }

  cancel(): void {
    post({ type: 'cancel', run: Math.max(0, this.store.state.busyRun) });
  }

  help(topic: string): void {
    post({ type: 'help', topic });
  }

  send(message: PageMessage): void {
    post(message);
  }
}
