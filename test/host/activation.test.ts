import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('extension in the host', () => {
  it('is there under its identifier, with the version of package.json', () => {
    const extension = vscode.extensions.getExtension('tokenscope.tokenscope');
    assert.ok(extension, 'tokenscope.tokenscope is not loaded');
    assert.equal(extension.packageJSON.name, 'tokenscope');
    assert.match(extension.packageJSON.version, /^\d+\.\d+\.\d+$/);
  });

  it('activates and registers each command that package.json contributes', async () => {
    const extension = vscode.extensions.getExtension('tokenscope.tokenscope');
    await extension?.activate();
    const contributed: { command: string }[] = extension?.packageJSON.contributes.commands ?? [];
    assert.ok(contributed.length > 0, 'package.json contributes no commands');
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributed.map(({ command }) => command).filter((command) => !known.has(command)),
      [],
    );
  });
});
