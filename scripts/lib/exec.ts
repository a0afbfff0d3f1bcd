import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of an executable on the PATH, or undefined. */
export function which(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      try {
        if (!folder || !statSync(path).isFile()) continue;
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

export interface ExecOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Show the output as it comes instead of keeping it. */
  show?: boolean;
}

export interface ExecResult {
  code: number;
  /** stdout and stderr together; empty when shown. */
  output: string;
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export function exec(command: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && !/\.exe$/i.test(command),
    });
    let output = '';
    const keep = (data: Buffer) => {
      output += data.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a program that must succeed. @throws Error with the end of its output. */
export async function execOk(command: string, args: string[], options: ExecOptions = {}): Promise<string> {
  const { code, output } = await exec(command, args, options);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (exit ${code})\n${output.split('\n').slice(-15).join('\n')}`);
  }
  return output;
}
