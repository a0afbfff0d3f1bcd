import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import type { LoadOptions } from '../runtime/api.ts';
import { bundledModelPath } from '../weights/bundled.ts';
import { readSettings } from './settings.ts';

/** The model of the settings, as the engine is to load it. */
export function wantedModel({ extensionPath, globalStorageUri }: ExtensionContext): LoadOptions {
  const { model, precision, threads } = readSettings();
  return {
    path: model || bundledModelPath(extensionPath),
    precision,
    threads: threads || undefined,
    cacheDir: join(globalStorageUri.fsPath, 'calibration'),
  };
}
