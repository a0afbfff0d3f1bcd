/** npm run package: makes dist/tokenscope-VERSION.vsix, the extension with its model, to be installed in any VS Code. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { thousands } from '../src/analysis/format.ts';
import { allParts, buildParts } from './build.ts';
import { copyLicences, packagesOf } from './lib/licences.ts';
import { inRoot } from './lib/paths.ts';
import { makeVsix, manifest } from './lib/vsix.ts';

/** Builds for production beside dist/, whose bundles keep their source maps. @returns the VSIX file's path */
export async function packageExtension(): Promise<string> {
  const bundles = inRoot('out', 'package');
  rmSync(bundles, { recursive: true, force: true });
  // The command line is for a checkout.
  const wanted = allParts.filter((part) => part !== 'cli');
  const inputs = await buildParts(wanted, { production: true, into: bundles });
  copyLicences(packagesOf(inputs), join(bundles, 'licenses'));
  const { name, version } = manifest();
  const file = inRoot('dist', `${name}-${version}.vsix`);
  const archive = makeVsix(bundles);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, archive);
  console.log(`${file}: ${thousands(archive.length)} bytes`);
  return file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await packageExtension().catch((error: Error) => {
    console.error(`npm run package: ${error.message}`);
    process.exitCode = 1;
  });
}
