/** The loaded model: how training measures it on this text, what laws say of its size, and its tokens' neighbours. */
import type { Actions } from '../actions.ts';
import { resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Changed, isGivenUp, isKnown, type State } from '../store.ts';
import { differenceNeeds } from './difference.ts';
import { embeddingSection, neighboursOf } from './embeddingSection.ts';
import { fewShotSection } from './fewShotSection.ts';
import { lossSection } from './lossSection.ts';
import { modelPicture } from './modelPicture.ts';
import { positionNeeds, positionSection } from './positionSection.ts';
import { repeatedSection } from './repeatedSection.ts';
import { FACTS, scalingSection } from './scalingSection.ts';
import { explanation, type View } from './view.ts';

export function modelView(actions: Actions): View {
  const facts = el('p', { class: 'facts-line' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const loss = lossSection(actions);
  const scaling = scalingSection();
  const embedding = embeddingSection(actions);
  const positions = positionSection();
  const fewShot = fewShotSection(actions);
  const repeated = repeatedSection(actions);
  const sections = el(
    'div',
    { class: 'model-sections' },
    loss.element,
    fewShot.element,
    repeated.element,
    embedding.element,
    positions.element,
    scaling.element,
  );
  const element = el(
    'div',
    { class: 'view model-view' },
    explanation(
      t(
        'How training measures the model, on this text; what is known of models of its size; which tokens it takes for alike.',
      ),
      'model',
      t('Help: model'),
      actions,
    ),
    facts,
    waiting,
    sections,
  );

  return {
    element,
    needs: (state) =>
      state.model && state.tokens.length > 0
        ? [
            FACTS,
            ...differenceNeeds(state),
            neighboursOf(state),
            ...positionNeeds(state),
            ...fewShot.needs(),
            ...repeated.needs(),
          ]
        : [],
    update(state: Readonly<State>, _changed: Changed): void {
      const found = resultOf(state, FACTS);
      const there = isKnown(state, 0);
      setText(
        waiting,
        there
          ? ''
          : isGivenUp(state)
            ? t('Not computed: the run was cancelled.')
            : t('The numbers are there when the text is scored…'),
      );
      sections.hidden = !there;
      setText(facts, found ? factsLine(found) : '');
      if (!there) return;
      loss.show(state);
      scaling.show(state);
      embedding.show(state);
      positions.show(state);
      fewShot.show(state);
      repeated.show(state);
    },
    figure(state) {
      const { scores, tokens } = state;
      if (scores.known < 2) return null;
      return {
        about: {
          view: 'model',
          facts: resultOf(state, FACTS),
          loss: 'nats, -ln p of each token given those before it',
        },
        table: {
          columns: ['position', 'token', 'loss_nats'],
          rows: tokens.map(({ text }, p) => [p, text, Number.isNaN(scores.logprob[p]) ? null : -scores.logprob[p]]),
        },
        picture: modelPicture(state),
      };
    },
  };
}

type Facts = NonNullable<ReturnType<typeof resultOf<typeof FACTS>>>;

const factsLine = ({
  family,
  nLayers,
  nHeads,
  nKvHeads,
  dModel,
  dHead,
  dMlp,
  vocabSize,
  contextLength,
  fileBytes,
}: Facts) =>
  t(
    '{0}: {1} layers of {2} heads ({3} of keys and values) of {4}, d = {5}, feed-forward {6}, vocabulary {7}, context {8}, {9}',
    family,
    nLayers,
    nHeads,
    nKvHeads,
    dHead,
    dModel,
    dMlp,
    vocabSize.toLocaleString('en'),
    contextLength.toLocaleString('en'),
    t('{0} MB in its files', (fileBytes / 1e6).toFixed(1)),
  );
