/**
 * npm test [PART...] [--grep PATTERN]: installs what it lacks, builds, runs the parts, and ends with the line
 * `N passed, N failed`. Parts: check (types, lint), unit, reference, host, browser, package; default all.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allParts, buildParts } from './build.ts';
import { ensureChromium } from './lib/chromium.ts';
import { ensureCodeServer } from './lib/codeServer.ts';
import { exec } from './lib/exec.ts';
import { inRoot, root } from './lib/paths.ts';

const known = ['check', 'unit', 'reference', 'host', 'browser', 'package'] as const;
type Part = (typeof known)[number];

interface Counts {
  passed: number;
  failed: number;
}

/** What test/reporter.cjs writes. */
interface Written {
  passes: number;
  failures: number;
  pending: number;
  failed: string[];
  triedAgain: string[];
}

const { values, positionals } = parseArgs({ options: { grep: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !(known as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`npm test: no part ${unknown.join(', ')}; the parts are ${known.join(', ')}`);
  process.exit(2);
}
const parts = positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : known;
const scratch = mkdtempSync(join(tmpdir(), 'tokenscope-test-'));

/** Types and lint: each counts as one test. */
async function check(): Promise<Counts> {
  const counts = { passed: 0, failed: 0 };
  for (const [label, tool, args] of [
    ['types (tsc)', 'typescript/bin/tsc', ['-p', '.', '--pretty', 'false']],
    ['format and lint (biome ci)', '@biomejs/biome/bin/biome', ['ci', '--colors=off', '.']],
  ] as const) {
    const command = [inRoot('node_modules', tool), ...args];
    const { code, output } = await exec(process.execPath, command, { cwd: root });
    if (code !== 0) console.log(output);
    console.log(`  ${code === 0 ? 'ok' : 'FAILED'} ${label}`);
    counts[code === 0 ? 'passed' : 'failed']++;
  }
  return counts;
}

/** Runs a command whose mocha writes its counts. A run that wrote none, or ended badly with none failed, is a failure. */
async function counted(part: Part, command: string[], env: Record<string, string> = {}): Promise<Counts> {
  const file = join(scratch, `${part}.jsonl`);
  const { code } = await exec(process.execPath, command, {
    cwd: root,
    show: true,
    env: { ...process.env, ...env, TOKENSCOPE_TEST_COUNTS: file },
  });
  const counts = { passed: 0, failed: 0 };
  try {
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const { passes, failures, pending, failed, triedAgain } = JSON.parse(line) as Written;
      counts.passed += passes;
      // A test that is skipped has not passed.
      counts.failed += failures + pending;
      for (const each of triedAgain) details.push(`${part}, tried again: ${each}`);
      for (const each of failed) details.push(`${part}, failed: ${each}`);
    }
  } catch {
    console.log(`${part}: no test ran to its end (exit ${code})`);
    return { passed: 0, failed: 1 };
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.passed + counts.failed === 0 && !values.grep) {
    console.log(`${part}: there are no tests`);
    counts.failed = 1;
  }
  return counts;
}

function mocha(part: Exclude<Part, 'check' | 'host'>): Promise<Counts> {
  const grep = values.grep ? ['--grep', values.grep] : [];
  const files = `test/${part}/**/*.test.ts`;
  // As in the host: see test/host/index.ts.
  const retries = part === 'browser' ? ['--retries', '1'] : [];
  return counted(part, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    ...retries,
    '--reporter',
    inRoot('test/reporter.cjs'),
    ...grep,
    files,
  ]);
}

function run(part: Part): Promise<Counts> {
  if (part === 'check') return check();
  if (part !== 'host') return mocha(part);
  const grep = values.grep ? ['--grep', values.grep] : [];
  return counted(part, ['--import', 'tsx', inRoot('test/host/runTests.ts'), ...grep]);
}

/** Sets up what the parts need, before any of them runs, so that what cannot be had is said first. */
async function prepare(): Promise<void> {
  const inVsCode = parts.includes('host') || parts.includes('package');
  const windows = parts.includes('browser') || (inVsCode && !process.env.TOKENSCOPE_VSCODE);
  if (windows) {
    await ensureChromium();
    await ensureCodeServer();
  }
}

/** Builds what the parts run. What does not compile counts as a failure; the parts run all the same. */
async function compile(): Promise<void> {
  if (!parts.some((part) => part !== 'check')) return;
  const built = await buildParts(allParts).then(
    () => true,
    (error: Error) => {
      console.error(`build: ${error.message}`);
      return false;
    },
  );
  if (!built) {
    summary.push(`${'build'.padEnd(10)}1 failed`);
    total.failed++;
  }
}

const total: Counts = { passed: 0, failed: 0 };
const summary: string[] = [];
/** What failed, at the end too: of a long output often the end alone is kept. */
const details: string[] = [];
try {
  await prepare();
  await compile();
  for (const part of parts) {
    console.log(`\n== ${part}`);
    const counts = await run(part);
    summary.push(`${part.padEnd(10)}${counts.passed} passed, ${counts.failed} failed`);
    total.passed += counts.passed;
    total.failed += counts.failed;
  }
} catch (error) {
  console.error(`\nnpm test could not go on: ${error instanceof Error ? error.message : error}`);
  total.failed++;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (details.length > 0) console.log(`\n${details.join('\n\n')}`);
console.log(`\n${summary.join('\n')}\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
