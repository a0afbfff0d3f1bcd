import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { openModel } from '../../../src/weights/open.ts';
import { fixture } from '../../fixtures.ts';
import { copyOfModel, rejects, temporaryFolder } from './files.ts';

/** What must be refused without being read to its end, since it has none, or far too late. */
describe('openModel: what is no model file', () => {
  const folder = temporaryFolder();

  if (process.platform !== 'win32') {
    it('refuses a pipe, wherever it lies', async () => {
      const pipe = join(folder(), 'pipe.gguf');
      execFileSync('mkfifo', [pipe]);
      await rejects(openModel(pipe), /neither a file nor a folder/, pipe);
      for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
        const copy = await copyOfModel('gpt2', folder());
        await rm(join(copy, name), { force: true });
        execFileSync('mkfifo', [join(copy, name)]);
        await rejects(openModel(copy), /not a file/, join(copy, name));
      }
      const alone = await mkdtemp(join(folder(), 'alone-'));
      execFileSync('mkfifo', [join(alone, 'model.gguf')]);
      await rejects(openModel(alone), /not a file/, join(alone, 'model.gguf'));
    });

    it('refuses a device and a socket', async () => {
      await rejects(openModel('/dev/zero'), /neither a file nor a folder/, '/dev/zero');
      const path = join(folder(), 'socket.gguf');
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(path, resolve));
      try {
        await rejects(openModel(path), /neither a file nor a folder/, path);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  }

  it('refuses small files that are large, by their size', async () => {
    for (const name of ['config.json', 'generation_config.json', 'tokenizer_config.json', 'tokenizer.json']) {
      const copy = await copyOfModel('gpt2', folder());
      const place = join(copy, name);
      const json = await readFile(place, 'utf8').catch(() => '{}');
      const size = name === 'tokenizer.json' ? 65 << 20 : 9 << 20;
      await writeFile(place, Buffer.from(json + ' '.repeat(size - Buffer.byteLength(json))));
      await rejects(openModel(copy), new RegExp(`has ${size} bytes`), place);
    }
  });

  it('refuses a GGUF with more tokens than its embedding has rows', async () => {
    const place = join(folder(), 'rows.gguf');
    await copyFile(fixture('gguf/llama_gqa_tied/llama_gqa_tied.F16.gguf'), place);
    const bytes = await readFile(place);
    // The dimensions [64, 320] follow the tensor's name and their count: fewer rows take fewer bytes.
    const at = bytes.indexOf('token_embd.weight') + 'token_embd.weight'.length + 4 + 8;
    bytes.writeBigUInt64LE(319n, at);
    await writeFile(place, bytes);
    await rejects(openModel(place), /320 tokens, but the model's embedding only 319 rows/, place);
  });
});
