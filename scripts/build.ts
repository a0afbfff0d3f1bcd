import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, context } from 'esbuild';
import { inRoot, root } from './lib/paths.ts';

/** What is built out of what. The files under dist/ are all that runs: a packaged extension has no node_modules. */
type Part = 'extension' | 'worker' | 'packing' | 'cli' | 'webview';

const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: 'linked',
  sourcesContent: false,
  target: 'es2023',
  logLevel: 'warning',
  legalComments: 'external',
};

const node: BuildOptions = { ...common, platform: 'node', target: 'node20' };
const esm: BuildOptions = { ...node, format: 'esm', banner: { js: requireBanner } };

const parts: Record<Part, { entry: string; options: BuildOptions }> = {
  extension: {
    entry: 'src/extension.ts',
    options: {
      ...node,
      format: 'cjs',
      outfile: 'dist/extension.cjs',
      external: ['vscode'],
      // A CommonJS bundle has no import.meta.
      define: { 'import.meta.url': '__importMetaUrl' },
      banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    },
  },
  worker: { entry: 'src/runtime/worker/worker.ts', options: { ...esm, outfile: 'dist/worker.js' } },
  packing: { entry: 'src/runtime/loading/packingWorker.ts', options: { ...esm, outfile: 'dist/packing.js' } },
  cli: {
    entry: 'src/cli.ts',
    options: { ...esm, outfile: 'dist/cli.js', banner: { js: `#!/usr/bin/env node\n${requireBanner}` } },
  },
  webview: {
    entry: 'webview/main.ts',
    options: { ...common, platform: 'browser', format: 'iife', outfile: 'dist/webview/main.js' },
  },
};

function copyAssets(wanted: Part[]): void {
  if (wanted.includes('webview')) {
    mkdirSync(inRoot('dist/webview'), { recursive: true });
    for (const file of ['codicon.css', 'codicon.ttf']) {
      cpSync(inRoot('node_modules/@vscode/codicons/dist', file), inRoot('dist/webview', file));
    }
  }
  if (wanted.includes('worker')) {
    // The engine's WebAssembly and its loader, which onnxruntime-web finds through env.wasm.wasmPaths.
    mkdirSync(inRoot('dist/ort'), { recursive: true });
    for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
      cpSync(inRoot('node_modules/onnxruntime-web/dist', file), inRoot('dist/ort', file));
    }
  }
}

function present(wanted: Part[]): Part[] {
  return wanted.filter((part) => {
    const there = existsSync(inRoot(parts[part].entry));
    if (!there) console.log(`build: no ${parts[part].entry} yet, ${part} skipped`);
    return there;
  });
}

/** Builds the given parts into dist/, all that compile. @throws Error that names the parts that do not. */
export async function buildParts(wanted: Part[], options: { minify?: boolean } = {}): Promise<void> {
  copyAssets(wanted);
  const building = present(wanted);
  const results = await Promise.allSettled(
    building.map((part) =>
      build({ ...parts[part].options, entryPoints: [parts[part].entry], minify: options.minify ?? false }),
    ),
  );
  const failed = building.filter((_, i) => results[i].status === 'rejected');
  if (failed.length > 0) throw new Error(`${failed.join(', ')} did not compile: see the messages above`);
}

export const allParts = Object.keys(parts) as Part[];

async function watch(): Promise<void> {
  copyAssets(allParts);
  for (const part of present(allParts)) {
    const running = await context({ ...parts[part].options, entryPoints: [parts[part].entry], logLevel: 'info' });
    await running.watch();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--watch')) await watch();
  else {
    if (process.argv.includes('--clean')) rmSync(inRoot('dist'), { recursive: true, force: true });
    await buildParts(allParts, { minify: process.argv.includes('--minify') }).catch((error: Error) => {
      console.error(`build: ${error.message}`);
      process.exitCode = 1;
    });
  }
}
