import { t } from '../l10n.ts';
import type { LazyView } from './view.ts';

/** Views of the side bar, in the order of the tabs. */
export const sideViews: LazyView[] = [
  { id: 'row', title: t('Row'), load: async () => (await import('./row.ts')).rowView },
  { id: 'matrix', title: t('Matrix'), load: async () => (await import('./attention.ts')).matrixView },
  { id: 'layer', title: t('Layer'), load: async () => (await import('./heads.ts')).layerView },
  { id: 'heads', title: t('All heads'), load: async () => (await import('./heads.ts')).allHeadsView },
  { id: 'compare', title: t('Compare'), load: async () => (await import('./compareHeads.ts')).compareView },
];
