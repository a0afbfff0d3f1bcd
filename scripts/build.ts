import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, context } from 'esbuild';
import { inRoot, root } from './lib/paths.ts';

/** What is built out of what. The files under dist/ are all that runs: a packaged extension has no node_modules. */
export type Part = 'extension' | 'worker' | 'packing' | 'cli' | 'webview';

const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  sourcesContent: false,
  target: 'es2023',
  logLevel: 'warning',
  legalComments: 'external',
  metafile: true,
};

const node: BuildOptions = { ...common, platform: 'node', target: 'node20' };
const esm: BuildOptions = { ...node, format: 'esm', banner: { js: requireBanner } };

const parts: Record<Part, { entries: string[]; options: BuildOptions }> = {
  extension: {
    entries: ['src/extension.ts'],
    options: {
      ...node,
      format: 'cjs',
      outfile: 'extension.cjs',
      external: ['vscode'],
      // A CommonJS bundle has no import.meta.
      define: { 'import.meta.url': '__importMetaUrl' },
      banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    },
  },
  worker: { entries: ['src/runtime/worker/worker.ts'], options: { ...esm, outfile: 'worker.js' } },
  packing: { entries: ['src/runtime/loading/packingWorker.ts'], options: { ...esm, outfile: 'packing.js' } },
  cli: {
    entries: ['src/cli.ts'],
    options: { ...esm, outfile: 'cli.js', banner: { js: `#!/usr/bin/env node\n${requireBanner}` } },
  },
  webview: {
    entries: ['webview/main.ts', 'webview/side.ts'],
    // What the pages share, and each view, is a file of its own, which is loaded when it is wanted.
    options: {
      ...common,
      platform: 'browser',
      format: 'esm',
      splitting: true,
      outdir: 'webview',
      chunkNames: 'parts/[name]-[hash]',
    },
  },
};

function copyAssets(wanted: readonly Part[], into: string): void {
  const copy = (folder: string, to: string, files: string[]) => {
    mkdirSync(join(into, to), { recursive: true });
    for (const file of files) cpSync(inRoot('node_modules', folder, file), join(into, to, file));
  };
  if (wanted.includes('webview')) copy('@vscode/codicons/dist', 'webview', ['codicon.css', 'codicon.ttf']);
  // The engine's WebAssembly and its loader, which onnxruntime-web finds through env.wasm.wasmPaths.
  const engine = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
  if (wanted.includes('worker')) copy('onnxruntime-web/dist', 'ort', engine);
}

function present(wanted: readonly Part[]): Part[] {
  return wanted.filter((part) => {
    const missing = parts[part].entries.filter((entry) => !existsSync(inRoot(entry)));
    if (missing.length > 0) console.log(`build: no ${missing.join(', ')} yet, ${part} skipped`);
    return missing.length === 0;
  });
}

export interface BuildTo {
  /** Minified, and without source maps. */
  production?: boolean;
  /** Default dist/. */
  into?: string;
}

function optionsOf(part: Part, { production = false, into = inRoot('dist') }: BuildTo): BuildOptions {
  const { entries, options } = parts[part];
  const out = options.outdir ? { outdir: join(into, options.outdir) } : { outfile: join(into, options.outfile!) };
  return { ...options, ...out, entryPoints: entries, minify: production, sourcemap: production ? false : 'linked' };
}

/**
 * Builds the given parts, all that compile.
 * @returns the files that went into them, from the root
 * @throws Error that names the parts that do not compile
 */
export async function buildParts(wanted: readonly Part[], to: BuildTo = {}): Promise<string[]> {
  const into = to.into ?? inRoot('dist');
  copyAssets(wanted, into);
  // Their names change with what is in them.
  if (wanted.includes('webview')) rmSync(join(into, 'webview', 'parts'), { recursive: true, force: true });
  const building = present(wanted);
  const results = await Promise.allSettled(building.map((part) => build(optionsOf(part, to))));
  const failed = building.filter((_, i) => results[i].status === 'rejected');
  if (failed.length > 0) throw new Error(`${failed.join(', ')} did not compile: see the messages above`);
  return results.flatMap((result) => (result.status === 'fulfilled' ? Object.keys(result.value.metafile!.inputs) : []));
}

export const allParts = Object.keys(parts) as Part[];

async function watch(): Promise<void> {
  copyAssets(allParts, inRoot('dist'));
  for (const part of present(allParts)) {
    const running = await context({ ...optionsOf(part, {}), logLevel: 'info' });
    await running.watch();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--watch')) await watch();
  else {
    if (process.argv.includes('--clean')) rmSync(inRoot('dist'), { recursive: true, force: true });
    await buildParts(allParts, { production: process.argv.includes('--production') }).catch((error: Error) => {
      console.error(`build: ${error.message}`);
      process.exitCode = 1;
    });
  }
}
