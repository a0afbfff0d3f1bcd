import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from './paths.ts';

/** A package that is part of what is built. */
export interface BundledPackage {
  name: string;
  version: string;
  license: string;
  /** Its folder. */
  folder: string;
}

/** Whose files are copied, not bundled: see build.ts. */
const COPIED = ['node_modules/@vscode/codicons', 'node_modules/onnxruntime-web'];

/** The packages that files under node_modules belong to, by name. @param inputs paths from the root */
export function packagesOf(inputs: readonly string[]): BundledPackage[] {
  const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set([...folders, ...COPIED])]
    .map((path) => {
      const folder = inRoot(path);
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return { name, version, license, folder };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Copies each package's licence texts, named by the package; one without any is left to the notices. */
export function copyLicences(packages: readonly BundledPackage[], into: string): void {
  mkdirSync(into, { recursive: true });
  for (const { name, folder } of packages) {
    for (const file of readdirSync(folder).filter((entry) => /^(licen[cs]e|notice|thirdparty)/i.test(entry))) {
      const kind = file.replace(/\.(txt|md)$/i, '');
      cpSync(join(folder, file), join(into, `${name.replace('/', '__')}-${kind}.txt`));
    }
  }
}
