import { attentionView } from './attention.ts';
import { depthView } from './depth.ts';
import { generateView } from './generate.ts';
import { modelView } from './modelView.ts';
import { predictView } from './predict.ts';
import { rolesView } from './roles.ts';
import type { MakeView } from './view.ts';

/** In the order of the tabs. */
export const views: MakeView[] = [predictView, attentionView, depthView, rolesView, generateView, modelView];
