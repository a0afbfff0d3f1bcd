import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { HostMessage } from '../protocol.ts';
import type { SharedServices } from '../register.ts';
import { AttentionSide } from './attentionSide.ts';

export interface Side {
  view: AttentionSide;
  /** What is said to its page. */
  onDidPost: vscode.Event<HostMessage>;
}

/** Attention in the side bar. @param toCaret makes the editor's caret a text's choice */
export function registerAttentionSide(
  { subscriptions }: vscode.ExtensionContext,
  shared: SharedServices,
  toCaret: (text: ScoredText) => void,
): Side {
  const posted = new vscode.EventEmitter<HostMessage>();
  const view = new AttentionSide(
    { ...shared, posted, remember: () => {}, tour: async () => {}, headExample: async () => {} },
    toCaret,
  );
  subscriptions.push(posted, view);
  return { view, onDidPost: posted.event };
}
