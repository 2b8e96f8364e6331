import { Ajv } from 'ajv';
import test from 'ava';
import { checkOption, readOptions } from '../../dist/api/check.js';
import { commandOptions } from '../../dist/api/command-options.js';
import {
  namesFor,
  option,
  type Option,
  type OptionTable,
  type OptionsOf,
  type SettingsOf,
} from '../../dist/api/option.js';
import { options } from '../../dist/api/options.js';
import { optionsSchema } from '../../dist/api/options-schema.js';
import { Type } from '../../dist/api/schema.js';
import { ExitCode, type Command } from '../../dist/cli/command.js';
import { flagsOf, parseInvocation } from '../../dist/cli/flags.js';
import { helpOf } from '../../dist/cli/help.js';
import { commands } from '../../dist/cli/run.js';

/** What somebody who adds an option to `explain` writes in `lib/api/options.ts`, and nothing else. */
const extended = {
  ...options,
  glowRadius: option({
    schema: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 9 })]),
    help: 'pixels that a kept cell glows',
    calls: ['explain'],
    placeholder: 'R',
    default: 'auto',
  }),
};

const command: Command<unknown> = { ...commands.explain, run: async () => ExitCode.done };
const { signal } = new AbortController();
const parse = (...words: string[]) =>
  parseInvocation(command, ['a.png', '--model', 'm', ...words], signal, extended);

test('a new option of explain needs its declaration only: types', (t) => {
  // Compiled: a wrong type here is an error of the type check.
  const given: OptionsOf<typeof extended, 'explain'> = { glowRadius: 3, gamma: 0.5 };
  const settings: SettingsOf<typeof extended, 'explain'> = readOptions(extended, ['explain'], given);
  const radius: 'auto' | number = settings.glowRadius;
  t.is(radius, 3);
  // @ts-expect-error -- solveMask does not take it
  const other: OptionsOf<typeof extended, 'solve'> = { glowRadius: 3 };
  t.throws(() => readOptions(extended, ['solve'], other), { message: /unknown option 'glowRadius'/ });
});

test('a new option of explain needs its declaration only: validation and default', (t) => {
  t.is(readOptions(extended, ['explain'], {}).glowRadius, 'auto');
  for (const [value, kind] of [
    [0, RangeError],
    [10, RangeError],
    ['wide', RangeError],
    [true, TypeError],
  ] as const)
    t.throws(() => readOptions(extended, ['explain'], { glowRadius: value }), {
      instanceOf: kind,
      code: 'BAD_OPTION',
      message: /^glowRadius must be 'auto' or a whole number from 1 to 9; got /,
    });
});

test('a new option of explain needs its declaration only: flag and help', (t) => {
  const help = helpOf('explain', command, extended);
  t.regex(help, /--glow-radius R +pixels that a kept cell glows \(default: auto\)/);
  t.is(parse('--glow-radius', '4')!.given.glowRadius, 4);
  t.is(parse('--glow-radius', 'auto')!.given.glowRadius, 'auto');
  t.throws(() => parse('--glow-radius', '12'), { message: /^--glow-radius must be .*; got 12$/ });
  t.false(helpOf('solve', commands.solve, extended).includes('glow'));
});

test('a new option of explain needs its declaration only: JSON Schema', (t) => {
  const schema = optionsSchema(extended, ['explain', 'image']);
  t.like(schema.properties.glowRadius, { default: 'auto', description: 'pixels that a kept cell glows' });
  const validate = new Ajv({ strict: false }).compile(schema);
  t.true(validate({ glowRadius: 9, gamma: 0.5 }));
  t.false(validate({ glowRadius: 10 }));
  t.false(validate({ glow: 1 }));
  t.false('signal' in schema.properties);
});

test('texts are held to their least length and pattern, lists to their least number', (t) => {
  const refused = (name: string, declared: Option, value: unknown, message: RegExp) =>
    t.throws(() => checkOption(name, declared, value), {
      instanceOf: RangeError,
      code: 'BAD_OPTION',
      message,
    });
  const { serve, submit, batch, sweep } = commandOptions;
  refused('token', serve.token, 'short', /^token must be a string of at least 8 characters; got 'short'$/);
  refused('host', serve.host, '', /^host must be a string that is not empty/);
  refused('--queue', submit.queue, 'a b', /^--queue must be a name of letters/);
  refused('--shard', batch.shard, '1 of 4', /^--shard must be i\/n/);
  refused('--files', batch.files, ['json', 'jpeg'], /^--files must be some of json, .*, none; got 'jpeg'$/);
  refused('--gamma', sweep.gamma, [], /^--gamma must be one value or several/);
});

test.serial('the environment stands in for an option of a command, too', (t) => {
  const before = process.env.SMUG_REDIS;
  const ownOf = (...words: string[]) =>
    parseInvocation(commands.status, words, signal)!.own as { redis: string; queue: string };
  try {
    delete process.env.SMUG_REDIS;
    t.deepEqual(ownOf(), { redis: 'redis://127.0.0.1:6379', queue: 'smug' });
    process.env.SMUG_REDIS = 'rediss://elsewhere:1';
    t.is(ownOf().redis, 'rediss://elsewhere:1');
    t.is(ownOf('--redis', 'redis://here').redis, 'redis://here');
    process.env.SMUG_REDIS = 'http://elsewhere';
    t.throws(() => ownOf(), { message: /^SMUG_REDIS must be redis:\/\/HOST:PORT/ });
  } finally {
    if (before === undefined) delete process.env.SMUG_REDIS;
    else process.env.SMUG_REDIS = before;
  }
});

test('every default passes its own check, in every call that has it', (t) => {
  for (const [name, { calls }] of Object.entries(options)) {
    for (const call of calls) t.notThrows(() => readOptions(options, [call], {}), `${name} in ${call}`);
    const { [name]: value } = readOptions(options, calls, {}) as Record<string, unknown>;
    if (value !== undefined) t.notThrows(() => readOptions(options, calls, { [name]: value }), name);
  }
});

test('every default of a command passes its own check', (t) => {
  for (const [command, table] of Object.entries(commandOptions))
    for (const [name, declared] of Object.entries(table as OptionTable))
      if (declared.default !== undefined)
        t.notThrows(() => checkOption(name, declared, declared.default), `${command} ${name}`);
});

test('flags of a command are unambiguous, and every option is offered or for the library only', (t) => {
  for (const [name, command] of Object.entries(commands)) {
    const flags = flagsOf(command).map(({ flag }) => flag);
    t.is(new Set(flags).size, flags.length, name);
  }
  // Where a command means something else by an option of the library, what is given is its own.
  const { given, own } = parseInvocation(
    commands.sweep,
    ['a.png', '--model', 'm', '--out', 'o', '--top-k', '100,auto'],
    new AbortController().signal,
  )!;
  t.deepEqual(given, {});
  t.deepEqual((own as { topK: unknown }).topK, [100, 'auto']);
  const taken = new Set(Object.values(commands).flatMap(({ calls }) => namesFor(options, calls)));
  for (const [name, { libraryOnly }] of Object.entries(options)) t.true(libraryOnly || taken.has(name), name);
});

test('numbers, labels and flags from the command line', (t) => {
  t.is(parse('--target', '7')!.given.target, 7);
  t.is(parse('--target', 'tabby')!.given.target, 'tabby');
  t.is(parse('--gamma', '.5')!.given.gamma, 0.5);
  t.is(parse('--core')!.given.core, true);
  t.is(parse('-h'), null);
  for (const text of ['', 'high', '1e', '0x', '1,5'])
    t.throws(
      () => parse('--gamma', text),
      { instanceOf: TypeError, message: /^--gamma must be a number/ },
      text,
    );
  t.throws(() => parse('--gamma', 'Infinity'), { instanceOf: RangeError });
});

test.serial('the environment stands in where an option is not given, or is auto', (t) => {
  const before = process.env.SMUG_SOLVER;
  try {
    process.env.SMUG_SOLVER = 'wasm';
    t.is(readOptions(options, ['solve'], {}).solver, 'wasm');
    t.is(readOptions(options, ['solve'], { solver: 'auto' }).solver, 'wasm');
    t.is(readOptions(options, ['solve'], { solver: 'native' }).solver, 'native');
    process.env.SMUG_SOLVER = 'z3';
    t.throws(() => readOptions(options, ['solve'], {}), {
      instanceOf: RangeError,
      message: "SMUG_SOLVER must be one of auto, native, wasm; got 'z3'",
    });
    process.env.SMUG_SOLVER = '';
    t.is(readOptions(options, ['solve'], {}).solver, undefined);
  } finally {
    if (before === undefined) delete process.env.SMUG_SOLVER;
    else process.env.SMUG_SOLVER = before;
  }
});
