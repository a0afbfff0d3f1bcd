/** What is switched off in the model, in words. */
import { ablatedNames } from '../src/analysis/ablation.ts';
import { t } from './l10n.ts';
import type { State } from './store.ts';

/** Which parts, and how. @param most that are named */
export function offSaid({ parts, mean }: State['changed'], most?: number): string {
  const names = ablatedNames(parts, most);
  return mean ? t('Set to their mean over a fixed text: {0}.', names) : t('Set to zero: {0}.', names);
}

/** How many, in two words. */
export function offCount({ parts }: State['changed']): string {
  if (parts.every(({ part }) => typeof part === 'number'))
    return parts.length === 1 ? t('1 head off') : t('{0} heads off', parts.length);
  return parts.length === 1 ? t('1 part off') : t('{0} parts off', parts.length);
}
