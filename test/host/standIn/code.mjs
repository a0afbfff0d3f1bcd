#!/usr/bin/env node
// The executable given to @vscode/test-electron as VS Code; the work is done in main.ts.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
