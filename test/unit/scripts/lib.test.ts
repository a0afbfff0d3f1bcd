import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { exec, which } from '../../../scripts/lib/exec.ts';
import { cacheRoot } from '../../../scripts/lib/paths.ts';
import { parseArguments } from '../../host/standIn/arguments.ts';

describe('scripts', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenscope-scripts-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('keeps what it installs where the person says', () => {
    assert.equal(cacheRoot({ TOKENSCOPE_CACHE: '/somewhere', XDG_CACHE_HOME: '/else' }), '/somewhere');
    assert.equal(cacheRoot({ XDG_CACHE_HOME: '/else' }), join('/else', 'tokenscope'));
  });

  it('finds programs on the PATH that can be run, in its order', () => {
    const program = join(folder, 'prog');
    writeFileSync(program, '');
    const env = { PATH: ['/nonexistent', folder].join(delimiter) };
    chmodSync(program, 0o644);
    assert.equal(which('prog', env), undefined);
    chmodSync(program, 0o755);
    assert.equal(which('prog', env), program);
  });

  it('gives the exit status and both outputs of a program', async () => {
    const script = "console.log('out'); console.error('err'); process.exit(3)";
    const { code, output } = await exec(process.execPath, ['-e', script]);
    assert.equal(code, 3);
    assert.match(output, /out/);
    assert.match(output, /err/);
  });

  it("reads the command line of VS Code's desktop program", () => {
    const parsed = parseArguments([
      folder,
      '--no-sandbox',
      '--disable-extensions',
      '--extensionDevelopmentPath=/a b',
      '--extensionTestsPath=/out/index.cjs',
      '--user-data-dir=/u',
      '--extensions-dir=/e',
    ]);
    assert.deepEqual(parsed, {
      extensionDevelopmentPath: ['/a b'],
      extensionTestsPath: '/out/index.cjs',
      userDataDir: '/u',
      extensionsDir: '/e',
      disableExtensions: true,
      folder,
    });
  });
});
