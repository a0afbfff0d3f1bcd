import * as vscode from 'vscode';
import { registerCommands } from '../../explore/commands.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import type { WindowEngine } from '../../explore/windowEngine.ts';
import { Heatmap } from './heatmap.ts';
import { HeatHover } from './hover.ts';
import { replaceToken } from './replace.ts';
import { chooseMeasure, HeatStatus } from './status.ts';
import { WhatIf } from './whatIf.ts';

export interface Heat {
  heatmap: Heatmap;
  heatStatus: HeatStatus;
  whatIf: WhatIf;
}

/** In the workspace's state: whether it is on, so that it comes back when the window is loaded again. */
const IS_ON = 'heatmap.isOn';

/** The heatmap, its legend, its hover with what else might stand in a token's place, and their commands. */
export function registerHeatmap(
  { subscriptions, workspaceState }: vscode.ExtensionContext,
  texts: ScoredTexts,
  engine: WindowEngine,
  changes: ModelChanges,
): Heat {
  const heatmap = new Heatmap(texts);
  const heatStatus = new HeatStatus(heatmap);
  const whatIf = new WhatIf(heatmap, engine, changes);
  if (workspaceState.get(IS_ON)) heatmap.set(true);
  heatmap.onDidToggle((on) => void workspaceState.update(IS_ON, on || undefined));
  subscriptions.push(
    heatmap,
    heatStatus,
    whatIf,
    vscode.languages.registerHoverProvider({ pattern: '**' }, new HeatHover(heatmap)),
    registerCommands({
      'heatmap.toggle': () => heatmap.toggle(),
      'heatmap.measure': () => chooseMeasure(heatmap),
      'heatmap.next': () => heatmap.step(1),
      'heatmap.previous': () => heatmap.step(-1),
      replaceToken: (link) => replaceToken(heatmap, link),
      whatIf: (link) => whatIf.show(link),
      'whatIf.accept': () => whatIf.accept(),
      'whatIf.dismiss': () => whatIf.dismiss(),
    }),
  );
  return { heatmap, heatStatus, whatIf };
}
