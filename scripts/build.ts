import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, context } from 'esbuild';
import { inRoot, root } from './lib/paths.ts';

/** What is built out of what. The files under dist/ are all that runs: a packaged extension has no node_modules. */
export type Part = 'extension' | 'worker' | 'packing' | 'cli' | 'webview' | 'side';

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

const parts: Record<Part, { entry: string; options: BuildOptions }> = {
  extension: {
    entry: 'src/extension.ts',
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
  worker: { entry: 'src/runtime/worker/worker.ts', options: { ...esm, outfile: 'worker.js' } },
  packing: { entry: 'src/runtime/loading/packingWorker.ts', options: { ...esm, outfile: 'packing.js' } },
  cli: {
    entry: 'src/cli.ts',
    options: { ...esm, outfile: 'cli.js', banner: { js: `#!/usr/bin/env node\n${requireBanner}` } },
  },
  webview: {
    entry: 'webview/main.ts',
    options: { ...common, platform: 'browser', format: 'iife', outfile: 'webview/main.js' },
  },
  side: {
    entry: 'webview/side.ts',
    options: { ...common, platform: 'browser', format: 'iife', outfile: 'webview/side.js' },
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
    const there = existsSync(inRoot(parts[part].entry));
    if (!there) console.log(`build: no ${parts[part].entry} yet, ${part} skipped`);
    return there;
  });
}

export interface BuildTo {
  /** Minified, and without source maps. */
  production?: boolean;
  /** Default dist/. */
  into?: string;
}

const optionsOf = (part: Part, { production = false, into = inRoot('dist') }: BuildTo): BuildOptions => ({
  ...parts[part].options,
  entryPoints: [parts[part].entry],
  outfile: join(into, parts[part].options.outfile!),
  minify: production,
  sourcemap: production ? false : 'linked',
});

/**
 * Builds the given parts, all that compile.
 * @returns the files that went into them, from the root
 * @throws Error that names the parts that do not compile
 */
export async function buildParts(wanted: readonly Part[], to: BuildTo = {}): Promise<string[]> {
  copyAssets(wanted, to.into ?? inRoot('dist'));
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
