import { join } from 'node:path';

/** The model that comes with the extension. @param root the extension's folder */
export function bundledModelPath(root: string): string {
  return join(root, 'media', 'models', 'smollm2-135m-instruct.q4_1.gguf');
}
