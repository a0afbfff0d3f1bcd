/** Words of the field, explained where they stand: on hover and on focus. */
import { el } from './dom.ts';
import { t } from './l10n.ts';

const TERMS = {
  probability: t('p: how likely the model finds a token here, of all tokens of its vocabulary. They add up to 100 %.'),
  rank: t('Place of a token when all tokens of the vocabulary are put in order, the most likely first: 1 is the top.'),
  surprisal: t('log2 of 1/p, in bits: 0 for a token that was certain, 1 more for each time it was half as likely.'),
  entropy: t('The surprisal to be expected here, in bits: 0 if one token is certain, more the wider the choice.'),
  perplexity: t(
    'e to the mean of -ln p: the text was as hard to guess as a choice among so many equally likely tokens.',
  ),
  mean: t('Mean surprisal of the scored tokens: how many bits a token of this text costs the model.'),
  sampled: t(
    'Probability of being drawn once temperature, top-k and top-p have acted, shared out anew over what remains.',
  ),
  logprob: t('ln p in nats, the natural logarithm of the probability: 0 is certain, more negative is less likely.'),
  logit: t('What the model puts out before the softmax. Only differences between logits mean something.'),
  temperature: t('Divides the logits: below 1 the likeliest gain, above 1 the others do; 0 leaves only the likeliest.'),
  'top-k': t('Keeps the k most likely tokens.'),
  'top-p': t('Keeps the nucleus: the fewest most likely tokens that together have this much probability.'),
};

export type Term = keyof typeof TERMS;

/** A word, or a value named by one, with its explanation. @param exact the value in full */
export function term(name: Term, text: string, exact?: number): HTMLElement {
  const explained = exact === undefined ? TERMS[name] : `${TERMS[name]} (${exact})`;
  const value = exact === undefined ? '' : ' fact';
  return el(
    'span',
    { class: `term${value}`, tabindex: 0, 'data-explained': explained, 'aria-description': explained },
    text,
  );
}
