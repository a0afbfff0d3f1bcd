// The first thing of every npm command, so it uses nothing but Node: installs node_modules when they are missing or
// older than the lockfile, then runs scripts/<name>.ts.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...rest] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 15)) {
  console.error(
    `Tokenscope needs Node 20.15 or newer; this is ${process.version}. Install a newer Node and try again.`,
  );
  process.exit(1);
}

const stamp = join(root, 'node_modules', '.tokenscope-installed');
const hash = createHash('sha256');
for (const file of ['package.json', 'package-lock.json']) {
  const parsed = JSON.parse(readFileSync(join(root, file), 'utf8'));
  // Of package.json only what npm installs: an edited command needs no new install.
  hash.update(
    JSON.stringify(file === 'package.json' ? [parsed.dependencies, parsed.devDependencies] : parsed.packages),
  );
}
hash.update(`${process.platform} ${process.arch}`);
const wanted = hash.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  // What is there is brought up to date in place; npm ci would pull it from under a running watch.
  const how = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
  console.log(`installing node_modules (npm ${how})`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const shell = process.platform === 'win32';
  const done = spawnSync(npm, [how, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell,
  });
  if (done.status !== 0) {
    console.error(
      `npm ${how} failed: see its message above. A connection to the npm registry is needed this first time.`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

const script = join(root, 'scripts', `${name}.ts`);
const child = spawn(process.execPath, ['--import', 'tsx', script, ...rest], { cwd: root, stdio: 'inherit' });
// Ctrl-C reaches the child from the terminal; this process waits for it to clean up.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
