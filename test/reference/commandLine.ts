import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '../fixtures.ts';

export interface Called {
  code: number;
  out: string;
  err: string;
}

/** The bundled command line, as a script would call it. */
export class CommandLine {
  private readonly program = join(repositoryRoot, 'dist/cli.js');
  private readonly env: NodeJS.ProcessEnv;

  /** @param cache folder of what it keeps between calls */
  constructor(cache: string) {
    this.env = { ...process.env, XDG_CACHE_HOME: cache };
  }

  call(args: string[], input: string | Uint8Array = ''): Promise<Called> {
    return this.run(process.execPath, [this.program, ...args], input);
  }

  /** The same from a shell's line, where `$CLI` calls it. */
  shell(line: string, args: string[], input: string | Uint8Array = ''): Promise<Called> {
    return this.run('sh', ['-c', line.replaceAll('$CLI', '"$0" "$@"'), process.execPath, this.program, ...args], input);
  }

  /** Sends a signal once it has written something. @returns its exit status and what it wrote on stderr */
  async signalled(signal: NodeJS.Signals, args: string[]): Promise<Pick<Called, 'err'> & { code: number | null }> {
    const child = spawn(process.execPath, [this.program, ...args], { env: this.env });
    let err = '';
    child.stderr.on('data', (data: Buffer) => {
      err += data;
    });
    child.stdin.end();
    await once(child.stdout, 'data');
    child.kill(signal);
    child.stdout.resume();
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, err };
  }

  private run(file: string, args: string[], input: string | Uint8Array): Promise<Called> {
    return new Promise((resolve) => {
      const child = execFile(file, args, { env: this.env, maxBuffer: 1 << 26 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
      // Who refuses its options does not read.
      child.stdin!.on('error', () => {});
      child.stdin!.end(input);
    });
  }
}
