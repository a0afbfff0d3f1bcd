import { exec, execOk, which } from './exec.ts';

let updated = false;

/** Whether Debian packages can be installed by this process. */
export function canApt(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && which('apt-get') !== undefined;
}

/** Installs Debian packages, saying so. @throws Error when apt-get fails. */
export async function aptInstall(packages: string[], why: string): Promise<void> {
  console.log(`installing ${packages.join(', ')} with apt-get (${why})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!updated) await exec('apt-get', ['update'], { env });
  updated = true;
  await execOk('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
}
