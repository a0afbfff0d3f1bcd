import { basename, join } from 'node:path';

const FILE = 'smollm2-135m-instruct.q4_1.gguf';
/** As its makers call it; the file itself names a stage of its training. */
const NAME = 'SmolLM2-135M-Instruct';

/** The model that comes with the extension. @param root the extension's folder */
export function bundledModelPath(root: string): string {
  return join(root, 'media', 'models', FILE);
}

/** The name of a GGUF file's model: its own, else its file's without the ending. @param general `general.name` */
export function modelName(path: string, general: unknown): string {
  if (basename(path) === FILE) return NAME;
  return typeof general === 'string' && general.trim() !== '' ? general.trim() : basename(path).replace(/\.gguf$/i, '');
}
