import { Command, CommanderError, Option } from 'commander';
import { ablateOptions } from './cli/ablate.ts';
import type { AskOptions } from './cli/ask.ts';
import { type AttributeOptions, attribute } from './cli/attribute.ts';
import type { BenchOptions } from './cli/bench/bench.ts';
import { commonOptions } from './cli/common.ts';
import { type GenerateOptions, generate } from './cli/generate.ts';
import { type HeadsOptions, heads } from './cli/heads.ts';
import { type LensOptions, lens } from './cli/lens.ts';
import { type NeighboursOptions, neighbours } from './cli/neighbours.ts';
import {
  globList,
  idList,
  mass,
  nonNegative,
  once,
  positiveInteger,
  several,
  UsageError,
  wholeNumber,
} from './cli/options.ts';
import { checkOutput, complain, end, watchOutput, write } from './cli/output.ts';
import { type PatchOptions, patch } from './cli/patch.ts';
import { type PredictOptions, predict } from './cli/predict.ts';
import { type ScoreOptions, score } from './cli/score.ts';
import { clearProgress } from './cli/terminal.ts';
import type { TraceOptions } from './cli/trace.ts';

/** The engine without an editor: for scripts, and for checking numbers. */
const program = new Command('tokenscope').description(
  'See how a language model reads and writes text, token by token.',
);
program.exitOverride().showHelpAfterError(false).configureOutput({ writeOut: write, outputError: complain });
// What trace finds is in its file.
program.hook('preAction', (_, command) => {
  if (command.name() !== 'trace') checkOutput();
});

const sampling = (command: Command, temperature: number) =>
  command
    .option('--temperature <t>', 'divides the logits; 0 takes the likeliest', nonNegative, temperature)
    .option('--top-k <k>', 'keep the k likeliest; 0 is off', wholeNumber, 0)
    .option('--top-p <p>', 'keep the fewest likeliest with this much probability', mass, 1);

const input = 'the input';
ablateOptions(sampling(commonOptions(program.command('predict').description('what comes next')), 1), input)
  .option('--top <k>', 'candidates to show', positiveInteger, 10)
  .action((options: PredictOptions) => predict(options));

ablateOptions(
  commonOptions(program.command('score').description('how likely each token is, given those before it')),
  'each window',
)
  .option('--top <k>', 'candidates to show a token', wholeNumber, 1)
  .option('--window <w>', 'score in windows of this many tokens, each run alone', positiveInteger)
  .option('--stride <s>', 'distance of the windows (default: the window)', positiveInteger)
  .action((options: ScoreOptions) => score(options));

ablateOptions(sampling(commonOptions(program.command('generate').description('continue the input')), 1), input)
  .option('--max <n>', 'tokens at most', positiveInteger, 64)
  .option('--seed <s>', 'the same seed gives the same text', wholeNumber, 0)
  .option('--stop <text>', 'end when the generated text holds this')
  .action((options: GenerateOptions) => generate(options));

// trace and bench bring parts of the engine itself, which the others leave to its worker: read when needed.
ablateOptions(commonOptions(program.command('trace').description('save what happens inside a run')), input)
  .requiredOption('--hooks <globs>', 'hook points, with * for any characters, separated by commas', globList)
  .requiredOption('--out <file>', 'the safetensors file to write')
  .action(async (options: TraceOptions) => (await import('./cli/trace.ts')).trace(options));

commonOptions(program.command('lens').description('what every layer would predict'))
  .option('--top <k>', 'candidates a layer and position', positiveInteger, 5)
  .option('--mid', 'after attention too')
  .option('--target <id>', 'the token whose rank is given (default: the next one of the text)', wholeNumber)
  .option('--kl', 'the divergence from the final distribution too, of at most 256 positions')
  .action((options: LensOptions) => lens(options));

const headsCommand = program.command('heads').description('what each head does on random tokens, repeated');
commonOptions(headsCommand, false)
  .option('--ids <list>', 'a sequence r,r of token ids; as often as wanted', several(idList))
  .option('--seeds <n>', 'sequences of random tokens otherwise (default: 4)', once(positiveInteger))
  .option('--length <l>', 'tokens of r in each (default: 50)', once(positiveInteger))
  .action((options: HeadsOptions) => heads(options));

ablateOptions(
  commonOptions(program.command('attribute').description('what each part of the model adds to a logit')),
  input,
)
  .requiredOption('--position <p>', 'the distribution after this token, from 0', wholeNumber)
  .option('--target <id>', 'the token of the logit (default: the likeliest)', wholeNumber)
  .option('--against <id>', 'the logit less that of this token', wholeNumber)
  .action((options: AttributeOptions) => attribute(options));

const patchCommand = program.command('patch').description("where a clean prompt's activations restore its answer");
ablateOptions(commonOptions(patchCommand, false), 'each prompt')
  .requiredOption('--clean <text>', 'the prompt with the answer', once(String))
  .requiredOption('--corrupt <text>', 'a prompt of as many tokens without it', once(String))
  .requiredOption('--answer <id>', 'the token of the answer', wholeNumber)
  .requiredOption('--against <id>', 'the token it is held against', wholeNumber)
  .addOption(
    new Option('--at <place>', 'what is put in: the residual stream by position, or z by head')
      .choices(['resid', 'z'])
      .default('resid'),
  )
  .action((options: PatchOptions) => patch(options));

commonOptions(program.command('neighbours').description('tokens with like rows of E and U'), false)
  .option('--id <n>', 'the token', once(wholeNumber))
  .option('--text <text>', 'the token by its text', once(String))
  .option('--top <k>', 'how many', positiveInteger, 10)
  .action((options: NeighboursOptions) => neighbours(options));

const askCommand = program
  .command('ask')
  .description("what a view asks, as JSON: each number that the editor's views show");
ablateOptions(commonOptions(askCommand.argument('<question>', 'such as {"kind":"values","layer":3}')), input).action(
  async (question: string, options: AskOptions) => (await import('./cli/ask.ts')).ask(question, options),
);

commonOptions(program.command('bench').description('time the engine, each figure beside the bare session runs'), false)
  .option('--repeat <n>', 'runs of each measurement, of which the median counts', positiveInteger, 5)
  .addOption(new Option('--load-with <folder>', 'only load, with this cache folder').hideHelp())
  .action(async (options: BenchOptions) => (await import('./cli/bench/bench.ts')).bench(options));

for (const command of program.commands) command.exitOverride();

/** What a shell says of a program that was interrupted: 128 + SIGINT. */
const INTERRUPTED = 130;

watchOutput();
process.once('SIGINT', () => {
  clearProgress();
  process.exit(INTERRUPTED);
});
try {
  await program.parseAsync();
} catch (error) {
  clearProgress();
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? 0 : 2; // it has said why
  else {
    complain(`tokenscope: ${(error as Error).message}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
end();
