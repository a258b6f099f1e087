import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { getMainModulePath } from '@latchkey/process/testing/program-paths';
import { FINDING_KINDS } from '@latchkey/verify';
import { createTemporaryFolder } from '../../standalone/src/testing.ts';
import { createOpsProgram } from './cli.ts';
import { runCommandInProcess } from './testing/run-in-process.ts';

const MAIN = getMainModulePath('apps/ops');
const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs', 'ops.md');

const program = await createOpsProgram({
  environment: {},
  outputClosed: new AbortController().signal,
  waits: true,
  print: assert.fail,
  note: assert.fail,
  exitWith: () => assert.fail(),
});

/** Returns all commands and subcommands, each with its path. */
function commandsIn(
  command: CommandUnknownOpts,
  path: readonly string[] = [],
): (readonly [string, CommandUnknownOpts])[] {
  return command.commands.flatMap((each) => {
    const words = [...path, each.name()];
    return [[words.join(' '), each] as const, ...commandsIn(each, words)];
  });
}

describe('help', () => {
  test('is printed without a command, and on request', async () => {
    for (const words of [[], ['help'], ['--help'], ['-h']]) {
      const { code, out, err } = await runCommandInProcess({}, ...words);
      assert.deepEqual([code, err], [0, ''], words.join(' '));
      assert.match(out, /^Usage: ops \[options\] <command>\n/);
      for (const { name } of program.commands.map((command) => ({ name: command.name() })))
        assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
    }
  });

  test('of every command has examples with options that it has', async () => {
    for (const [words, command] of commandsIn(program)) {
      const { code, out, err } = await runCommandInProcess({}, ...words.split(' '), '--help');
      assert.deepEqual([code, err], [0, ''], words);
      assert.match(out, new RegExp(`^Usage: ops ${words}`), words);
      const [, examples = ''] = out.split('\nExamples:\n');
      const lines = examples.split('\n').filter((line) => line !== '');
      assert.ok(lines.length > 0, `${words} has no examples`);
      for (const line of lines) {
        assert.match(line, new RegExp(`^ {2}\\$ ops ${words}( |$)`), words);
        const options = line.match(/--[\w-]+/g) ?? [];
        if (command.commands.length === 0)
          for (const option of options)
            assert.ok(
              command.options.some(({ long }) => long === option),
              `${words} has no ${option}`,
            );
      }
    }
  });

  test('and docs/ops.md name every command, option and finding', async () => {
    const docs = await readFile(DOCS, 'utf8');
    for (const [words, { options, commands }] of commandsIn(program)) {
      if (commands.length === 0) assert.match(docs, new RegExp(`ops -- ${words}\\b|\`${words}\\b`), words);
      for (const { long } of options) assert.ok(docs.includes(long ?? ''), `${words} ${long}`);
    }
    const rows = [...docs.matchAll(/^\| \[`([\w -]+)`\]/gm)].map(([, words]) => words);
    for (const command of program.commands)
      assert.ok(
        rows.includes(command.name()) ||
          command.commands.every((each) => rows.includes(`${command.name()} ${each.name()}`)),
        `the table of commands lacks ${command.name()}`,
      );
    assert.match(docs, /--no-wait/);
    for (const kind of Object.keys(FINDING_KINDS)) assert.ok(docs.includes(`\`${kind}\``), kind);
  });
});

describe('an invalid command line', () => {
  test('is explained, with a suggestion, before anything is opened', async () => {
    const folder = { DATA_DIR: '/nowhere' };
    const wrong: readonly (readonly [words: readonly string[], says: string])[] = [
      [['rule'], "unknown command 'rule' (Did you mean role?)"],
      [['toString'], "unknown command 'toString'"],
      [['delivery', 'list'], "unknown command 'delivery' (Did you mean deliveries?)"],
      [['parked', 'lst'], "unknown command 'lst' (Did you mean list?)"],
      [['parked', 'list', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
      [['role'], "missing required argument 'email'"],
      [['role', 'ada@example.com'], "missing required argument 'user|admin'"],
      [
        ['role', 'a@example.com', 'admin', 'now'],
        "too many arguments for 'role'. Expected 2 arguments but got 3.",
      ],
      [
        ['role', 'ada@example.com', 'root'],
        "command-argument value 'root' is invalid for argument 'user|admin'. Allowed choices are user, admin.",
      ],
    ];
    for (const [words, says] of wrong) {
      const { code, out, err } = await runCommandInProcess(folder, ...words);
      assert.deepEqual([code, out], [1, ''], words.join(' '));
      assert.match(err, /^ops: [^\n]+\n\nUsage: ops /);
      assert.equal(err.split('\n')[0], `ops: ${says}`);
    }
  });

  test('without a subcommand prints the help of its command', async () => {
    const { code, out, err } = await runCommandInProcess({}, 'parked');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^Usage: ops parked /);
    assert.match(err, /\nops: a subcommand is missing\n$/);
  });
});

test('a .env that cannot be read is an error of one line, only for commands that need settings', async (t) => {
  const cwd = await createTemporaryFolder(t);
  await writeFile(join(cwd, '.env'), Buffer.from('DATA_DIR=x\n', 'utf16le'));
  async function run(...words: readonly string[]) {
    const child = spawn(process.execPath, [MAIN, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const [err] = await Promise.all([text(child.stderr), text(child.stdout), once(child, 'close')]);
    return [child.exitCode, err];
  }
  const fault = 'ops: .env: the file is not UTF-8 (UTF-16?): save it as UTF-8\n';
  assert.deepEqual(await run('parked', 'list'), [1, fault]);
  assert.deepEqual(await run('verify'), [2, fault]);
  assert.deepEqual(await run('verify', '--help'), [0, '']);
});

test('a reader that closes the pipe early does not fail the command', async () => {
  const child = spawn(process.execPath, [MAIN, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [err] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([child.exitCode, err], [0, '']);
});

test('a command on the data folder does not wait until the clients of Kafka and MongoDB are loaded', async () => {
  const script = `import { createRequire } from 'node:module';
    const { runCommandInProcess } = await import(${JSON.stringify(join(import.meta.dirname, 'testing', 'run-in-process.ts'))});
    const { err } = await runCommandInProcess({ DATA_DIR: '/nowhere' }, 'parked', 'list');
    const loaded = Object.keys(createRequire(import.meta.url).cache).join('\\n');
    console.log(JSON.stringify({ err, clients: ['kafkajs', 'mongodb'].filter((name) => loaded.includes(\`/\${name}/\`)) }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  assert.deepEqual(JSON.parse(stdout), {
    err: 'ops: DATA_DIR: the data folder /nowhere has no latchkey.sqlite: no server has run on it yet.\n',
    clients: [],
  });
});

describe('shell completion', () => {
  /** Returns the completions that bash offers for the words typed after `ops`. The last word may be incomplete. */
  async function complete(...typed: readonly string[]): Promise<readonly string[]> {
    const { out } = await runCommandInProcess({}, 'completion', 'bash');
    const words = ['ops', ...typed].map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _ops; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${out}\n${call}`]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  test('completes commands, subcommands, arguments and options in bash', async () => {
    assert.deepEqual(await complete('de'), ['dead-letters', 'deliveries'].toReversed().toSorted());
    assert.deepEqual(await complete('parked', ''), ['list', 'show', 'retry', 'help', '--help', '--no-wait']);
    assert.deepEqual(await complete('rebuild', 'u'), ['user']);
    assert.deepEqual(await complete('rebuild', 'user', '--ba'), ['--back']);
    assert.deepEqual(await complete('deliveries', 'list', '--state', 'sent', '--j'), ['--json']);
  });

  test('has a script for every shell, and refuses others', async () => {
    for (const [shell, start] of [
      ['bash', /^_ops\(\) \{\n/],
      ['zsh', /^#compdef ops\n/],
      ['fish', /^function __ops_candidates\n/],
    ] as const)
      assert.match((await runCommandInProcess({}, 'completion', shell)).out, start);
    assert.equal((await runCommandInProcess({}, 'completion', 'tcsh')).code, 1);
  });
});
