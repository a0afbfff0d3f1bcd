import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildParts } from '../../../scripts/build.ts';
import { exec } from '../../../scripts/lib/exec.ts';
import { inRoot } from '../../../scripts/lib/paths.ts';
import { packagedReadme } from '../../../scripts/lib/readme.ts';

interface Locked {
  version?: string;
  resolved?: string;
}

describe('package', () => {
  it('locks every dependency to a version and to no registry', () => {
    const lock = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
    for (const [name, { version, resolved }] of Object.entries(lock.packages)) {
      assert.ok(version, `${name} has no version`);
      assert.equal(resolved, undefined, `${name} names a registry`);
    }
  });

  it('its README has its pictures in it, and names files instead of linking to them', () => {
    const png = readFileSync(inRoot('media/icon.png')).toString('base64');
    for (const [written, packaged] of [
      ['![The icon](media/icon.png)', `![The icon](data:image/png;base64,${png})`],
      ['see [LICENSE](LICENSE).', 'see `LICENSE`.'],
      ['on [its page](docs/architecture.md)', 'on its page (`docs/architecture.md`)'],
      ['[VS Code](https://code.visualstudio.com), [below](#licence)', null],
    ] as const)
      assert.equal(packagedReadme(written), packaged ?? written);
  });

  it('runs out of dist alone, without node_modules', async () => {
    await buildParts(['extension', 'worker', 'packing', 'cli']);
    const folder = mkdtempSync(join(tmpdir(), 'tokenscope-dist-'));
    try {
      cpSync(inRoot('dist'), join(folder, 'dist'), { recursive: true });
      cpSync(inRoot('package.json'), join(folder, 'package.json'));
      const { code, output } = await exec(process.execPath, [join(folder, 'dist', 'cli.js'), '--help'], {
        cwd: folder,
      });
      assert.equal(code, 0, output);
      assert.match(output, /predict[\s\S]*score[\s\S]*generate[\s\S]*trace/);
      for (const file of ['extension.cjs', 'worker.js', 'packing.js']) {
        const text = readFileSync(join(folder, 'dist', file), 'utf8');
        const loaded = [...text.matchAll(/^(?:import .*? from |.*?\brequire\()["']([^"'./][^"']*)["']/gm)].map(
          ([, name]) => name,
        );
        const foreign = loaded.filter(
          (name) => name !== 'vscode' && !name.startsWith('node:') && !builtinModules.includes(name),
        );
        assert.deepEqual(foreign, [], `${file} loads packages`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has the files of the engine that is loaded at run time', async () => {
    await buildParts(['worker']);
    for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
      assert.ok(existsSync(inRoot('dist', 'ort', file)), `dist/ort/${file} is missing`);
    }
  });
});
