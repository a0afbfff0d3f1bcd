import { t } from '../l10n.ts';
import type { LazyView } from './view.ts';

/** In the order of the tabs. */
export const views: LazyView[] = [
  { id: 'predict', title: t('Predict'), load: async () => (await import('./predict.ts')).predictView },
  { id: 'attention', title: t('Attention'), load: async () => (await import('./attention.ts')).attentionView },
  { id: 'depth', title: t('Depth'), load: async () => (await import('./depth.ts')).depthView },
  { id: 'roles', title: t('Heads'), load: async () => (await import('./roles.ts')).rolesView },
  { id: 'generate', title: t('Generate'), load: async () => (await import('./generate.ts')).generateView },
  { id: 'model', title: t('Model'), load: async () => (await import('./modelView.ts')).modelView },
];
