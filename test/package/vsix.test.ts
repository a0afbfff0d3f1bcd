import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { allParts, buildParts } from '../../scripts/build.ts';
import { packagesOf } from '../../scripts/lib/licences.ts';
import { inRoot } from '../../scripts/lib/paths.ts';
import { packageExtension } from '../../scripts/package.ts';
import { runInHost } from '../host/runTests.ts';

const MODEL = 'media/models/smollm2-135m-instruct.q4_1.gguf';
const MOST_BYTES = 125e6;

describe('the packaged extension', () => {
  let file: string;
  let content: Record<string, Uint8Array>;
  const names = () => Object.keys(content).filter((name) => name.startsWith('extension/'));
  const text = (name: string) => Buffer.from(content[name]).toString();

  before(async () => {
    file = await packageExtension();
    content = unzipSync(readFileSync(file));
  });

  it('has what it needs, byte by byte', () => {
    const asIs = [
      ...['package.json', 'package.nls.json', 'l10n/bundle.l10n.json', 'CHANGELOG.md', 'LICENSE'],
      ...['THIRD_PARTY_NOTICES.md', 'media/icon.png', 'media/models/LICENSE', MODEL],
    ];
    for (const name of asIs) {
      assert.ok(content[`extension/${name}`], `${name} is missing`);
      assert.ok(readFileSync(inRoot(name)).equals(content[`extension/${name}`]), `${name} is another`);
    }
    for (const name of [
      'extension.cjs',
      'worker.js',
      'packing.js',
      'webview/main.js',
      'ort/ort-wasm-simd-threaded.wasm',
    ])
      assert.ok(content[`extension/dist/${name}`]?.length > 0, `dist/${name} is missing`);
  });

  it('has a README that needs no other file: pictures are in it, and no link leads nowhere', () => {
    const readme = text('extension/README.md');
    const links = [...readme.matchAll(/(!?)\[[^\]]*\]\(([^)]*)\)/g)];
    assert.ok(links.some(([, picture]) => picture));
    for (const [, picture, target] of links)
      assert.match(target, picture ? /^data:image\/png;base64,iVBOR/ : /^https:/);
  });

  it('has nothing else, and is small enough', () => {
    const tops = [...new Set(names().map((name) => name.split('/')[1]))];
    const wanted = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD_PARTY_NOTICES.md', 'dist', 'l10n', 'media'];
    assert.deepEqual(tops.sort(), [...wanted, 'package.json', 'package.nls.json'].sort());
    assert.deepEqual(
      names().filter((name) => /(^|\/)(node_modules|src|test|scripts|out)\/|\.(map|ts|vsix)$|\/cli\.js/.test(name)),
      [],
    );
    assert.ok(statSync(file).size < MOST_BYTES, `${statSync(file).size} bytes`);
  });

  it('is built for production', () => {
    for (const name of names().filter((one) => /dist\/(\w+|webview\/[\w/-]+)\.c?js$/.test(one))) {
      assert.doesNotMatch(text(name), /sourceMappingURL=\S+\.map/, name);
      assert.ok(text(name).split('\n').length < 2000, `${name} is not minified`);
    }
  });

  it('says each package that is in it, with its version, and has their licences', async () => {
    const bundled = packagesOf(await buildParts(allParts.filter((part) => part !== 'cli')));
    const rows = text('extension/THIRD_PARTY_NOTICES.md').matchAll(/^\| (@?[\w/-]+)[^|]*\| ([\d.]+) \| (\S+) \|/gm);
    assert.deepEqual(
      Array.from(rows, ([, name, version, license]) => `${name} ${version} ${license}`),
      bundled.map(({ name, version, license }) => `${name} ${version} ${license}`),
    );
    const texts = names().flatMap((name) => /dist\/licenses\/(.+)-\w+(-CODE)?\.txt$/.exec(name)?.[1] ?? []);
    // Microsoft's packages without a text are under the one in the notices.
    assert.deepEqual(
      bundled.map(({ name }) => name).filter((name) => !texts.includes(name.replace('/', '__'))),
      [
        ...['@microsoft/fast-element', '@microsoft/fast-foundation', '@microsoft/fast-web-utilities', '@vscode/l10n'],
        ...['onnxruntime-common', 'onnxruntime-web'],
      ],
    );
  });

  it('predicts once it is installed in VS Code, without the checkout', async function () {
    this.timeout(300_000);
    const ran = await runInHost({
      entry: 'test/package/installed.ts',
      extensionDevelopmentPath: inRoot('test/package/consumer'),
      install: file,
    });
    assert.ok(ran, 'see the messages above');
  });
});
