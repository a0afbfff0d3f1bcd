import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { repositoryRoot } from '../fixtures.ts';

interface Import {
  file: string;
  /** A package's name, or a path inside the repository. */
  target: string;
  /** Nothing of it is there when the code runs. */
  typeOnly: boolean;
}

/** Every import of every file under a folder. */
function importsOf(folder: string): Import[] {
  const found: Import[] = [];
  const entries = readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    for (const [, typeOnly, from, sideEffect] of text.matchAll(
      /^\s*(?:import|export)\b(\s+type\b)?[^'";]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'/gm,
    )) {
      const specifier = from ?? sideEffect;
      const target = specifier.startsWith('.')
        ? relative(repositoryRoot, resolve(dirname(path), specifier)).replaceAll('\\', '/')
        : specifier;
      found.push({
        file: relative(repositoryRoot, path).replaceAll('\\', '/'),
        target,
        typeOnly: typeOnly !== undefined,
      });
    }
  }
  assert.ok(found.length > 0, `${folder} has imports`);
  return found;
}

/** Imports that no pattern allows. */
const forbidden = (imports: Import[], ...allowed: RegExp[]) =>
  imports
    .filter(({ target }) => !allowed.some((pattern) => pattern.test(target)))
    .map(({ file, target }) => `${file} → ${target}`);

describe('rooms', () => {
  it('only explore, editor, panel and extension.ts import vscode', () => {
    const users = importsOf('src').filter(({ target }) => target === 'vscode');
    assert.deepEqual(
      users.filter(({ file }) => !/^src\/(explore\/|editor\/|panel\/|extension\.ts$)/.test(file)),
      [],
    );
  });

  it('only runtime imports onnxruntime-web', () => {
    const users = [...importsOf('src'), ...importsOf('webview')].filter(({ target }) =>
      target.startsWith('onnxruntime'),
    );
    assert.deepEqual([...new Set(users.map(({ file }) => file))], ['src/runtime/sessions.ts']);
  });

  it('transformer is pure', () => {
    assert.deepEqual(forbidden(importsOf('src/transformer'), /^src\/transformer\//, /^protobufjs\/light\.js$/), []);
  });

  it('analysis imports nothing outside itself', () => {
    const entries = readdirSync(join(repositoryRoot, 'src/analysis')).map((name) =>
      readFileSync(join(repositoryRoot, 'src/analysis', name), 'utf8'),
    );
    for (const text of entries) assert.doesNotMatch(text, /from '(?!\.\/)/);
  });

  it('weights know the configuration, not the runtime', () => {
    assert.deepEqual(
      forbidden(importsOf('src/weights'), /^src\/(weights|transformer)\//, /^src\/errors\.ts$/, /^node:/, /^zod$/),
      [],
    );
  });

  it('runtime does not know the editor, the panel or the command line', () => {
    const runtime = importsOf('src/runtime');
    assert.deepEqual(
      forbidden(
        runtime,
        /^src\/(runtime|transformer|weights|analysis)\//,
        /^src\/errors\.ts$/,
        /^node:/,
        /^(onnxruntime-web|vscode-jsonrpc\/node(\.js)?|@huggingface\/tokenizers|ml-matrix|zod)$/,
      ),
      [],
    );
  });

  it('explore knows the engine by its client and types, and neither editor nor panel', () => {
    assert.deepEqual(
      forbidden(
        importsOf('src/explore'),
        /^src\/(explore|analysis)\//,
        /^src\/(api|errors|runtime\/api|runtime\/tokenizer\/types|runtime\/worker\/(client|forwarding)|weights\/bundled)\.ts$/,
        /^(vscode|node:\w+)$/,
      ),
      [],
    );
  });

  it('continuations know the engine by its types', () => {
    assert.deepEqual(
      forbidden(
        importsOf('src/continuations'),
        /^src\/(continuations|analysis)\//,
        /^src\/(errors|runtime\/api|runtime\/tokenizer\/types)\.ts$/,
      ),
      [],
    );
  });

  it('editor reads explore, and does not know the panel', () => {
    const rooms = /^src\/(editor|explore|continuations|analysis)\//;
    assert.deepEqual(forbidden(importsOf('src/editor'), rooms, /^src\/errors\.ts$/, /^vscode$/), []);
  });

  it('panel reads explore, and does not know the editor', () => {
    assert.deepEqual(
      forbidden(
        importsOf('src/panel'),
        /^src\/(panel|explore|continuations|analysis)\//,
        /^src\/(errors|runtime\/api|runtime\/tokenizer\/types)\.ts$/,
        /^(vscode|zod|node:\w+)$/,
      ),
      [],
    );
  });

  it('the command line does without the editor', () => {
    const rooms = /^src\/(cli|transformer|weights|runtime|continuations|analysis)\//;
    const asked = /^src\/(panel\/(questions\/index|views)|explore\/(changedEngine|patterns|pieceTexts))\.ts$/;
    assert.deepEqual(forbidden(importsOf('src/cli'), rooms, asked, /^src\/errors\.ts$/, /^node:/, /^commander$/), []);
  });

  it('what other extensions copy needs nothing else', () => {
    assert.doesNotMatch(readFileSync(join(repositoryRoot, 'src/api.ts'), 'utf8'), /^import|\bfrom '/m);
  });

  it('each room has its row on the architecture page', () => {
    const page = readFileSync(join(repositoryRoot, 'docs/architecture.md'), 'utf8');
    const entries = readdirSync(join(repositoryRoot, 'src'), { withFileTypes: true });
    const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}/`);
    assert.deepEqual(
      rooms.filter((room) => !page.split('\n').some((line) => line.startsWith('|') && line.includes(`\`${room}\``))),
      [],
    );
  });

  it('the page imports only analysis and the protocol from src, and of questions the types', () => {
    const outside = importsOf('webview').filter(({ target }) => target.startsWith('src/'));
    const code = outside.filter(({ typeOnly }) => !typeOnly);
    assert.deepEqual(forbidden(code, /^src\/panel\/protocol\.ts$/, /^src\/analysis\//), []);
    assert.deepEqual(forbidden(outside, /^src\/panel\/(protocol\.ts$|questions\/)/, /^src\/analysis\//), []);
  });

  it('questions are answered without the editor', () => {
    assert.deepEqual(
      forbidden(
        importsOf('src/panel/questions'),
        /^src\/(panel\/questions|analysis)\//,
        /^src\/(errors|panel\/views|panel\/protocol|runtime\/api)\.ts$/,
        /^zod$/,
      ),
      [],
    );
  });

  it('the deprecated toolkit is behind one module', () => {
    const users = importsOf('webview').filter(({ target }) => target.startsWith('@vscode/webview-ui-toolkit'));
    assert.deepEqual([...new Set(users.map(({ file }) => file))], ['webview/controls.ts']);
  });
});
