import * as vscode from 'vscode';

/** Extensions known to suggest inline. */
const KNOWN = [
  'github.copilot',
  'amazonwebservices.amazon-q-vscode',
  'codeium.codeium',
  'continue.continue',
  'ggml-org.llama-vscode',
  'google.geminicodeassist',
  'supermaven.supermaven',
  'tabbyml.vscode-tabby',
  'tabnine.tabnine-vscode',
];

const SAID = 'tokenscope.saidOtherProvider';

/** The name of another extension that suggests inline and is active, the first time it is asked for on this machine. */
export function otherProvider(memory: vscode.Memento): string | undefined {
  if (memory.get(SAID)) return undefined;
  const other = vscode.extensions.all.find(({ id, isActive }) => isActive && KNOWN.includes(id.toLowerCase()));
  if (!other) return undefined;
  void memory.update(SAID, true);
  return String(other.packageJSON.displayName ?? other.id);
}
