/** Words of the field, explained where they stand: on hover and on focus. */
import { el } from './dom.ts';

const TERMS = {
  probability: 'p: how likely the model finds a token here, of all tokens of its vocabulary. They add up to 100 %.',
  rank: 'Place of a token when all tokens of the vocabulary are put in order, the most likely first: 1 is the top.',
  surprisal: 'log2 of 1/p, in bits: 0 for a token that was certain, 1 more for each time it was half as likely.',
  entropy: 'The surprisal to be expected here, in bits: 0 if one token is certain, more the wider the choice.',
  perplexity: 'e to the mean of -ln p: the text was as hard to guess as a choice among so many equally likely tokens.',
  mean: 'Mean surprisal of the scored tokens: how many bits a token of this text costs the model.',
  sampled:
    'Probability of being drawn once temperature, top-k and top-p have acted, shared out anew over what remains.',
  logprob: 'ln p in nats, the natural logarithm of the probability: 0 is certain, more negative is less likely.',
  logit: 'What the model puts out before the softmax. Only differences between logits mean something.',
  temperature: 'Divides the logits: below 1 the likeliest gain, above 1 the others do; 0 leaves only the likeliest.',
  'top-k': 'Keeps the k most likely tokens.',
  'top-p': 'Keeps the nucleus: the fewest most likely tokens that together have this much probability.',
} as const;

export type Term = keyof typeof TERMS;

export const explained = (name: Term): string => TERMS[name];

/** A word with its explanation. */
export function term(name: Term, text: string = name): HTMLElement {
  return el(
    'span',
    { class: 'term', tabindex: 0, 'data-explained': TERMS[name], 'aria-description': TERMS[name] },
    text,
  );
}
