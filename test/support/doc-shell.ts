/**
 * Runs the commands of a document in one bash process, one after the other, as if a reader pasted them into a terminal.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocCommand } from './doc-blocks.ts';
import { createOutputComparer } from './doc-output.ts';
import { eventually } from './eventually.ts';
import { OPS_PATH } from './programs.ts';
import type { Settings } from './system.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/**
 * The timeout of a block of commands, in ms. It is long enough for a block that starts several processes on a
 * busy machine.
 */
const LONGEST_COMMAND_MS = 300_000;
/**
 * Matches a progress line. Commands print these lines if they take more than a few seconds, for example on a busy
 * machine.
 */
const PROGRESS = /^[a-z ]+: [\d,]+(?: of [\d,]+)?\n/gm;

export interface DocShellOptions {
  readonly env: Settings;
  /**
   * Maps strings in the documentation to the strings that replace them. For example, the URL of the system
   * under test replaces `http://localhost:8080`.
   */
  readonly replace?: Readonly<Record<string, string>>;
  /**
   * Maps ids in the documentation to ids of the system under test. Needed only for documented ids that are in
   * a command but in no output.
   */
  readonly ids?: Readonly<Record<string, string>>;
  /**
   * Whether to run the commands in the root of the repository with the real npm. By default, they run in a temporary
   * folder, and the shell function in `PRELUDE` replaces npm.
   */
  readonly inCheckout?: boolean;
}

export interface DocShell {
  /**
   * Runs a command and compares its output with the documented output.
   * @throws AssertionError if the command fails, or if the outputs differ
   */
  run(command: DocCommand): Promise<void>;
  close(): Promise<void>;
}

/**
 * A shell function that replaces npm, so that `npm run ops` runs the ops command with the Node of this test.
 * The real npm may run a different version of Node, which could not load the module that NODE_OPTIONS names.
 */
const PRELUDE = `
npm() {
  while [ "$1" != ops ]; do shift; done
  shift
  [ "$1" != -- ] || shift
  "$DOCS_NODE" "$DOCS_OPS" "$@"
}
`;

export async function openDocShell(options: DocShellOptions): Promise<DocShell> {
  const { env, replace = {}, ids = {}, inCheckout = false } = options;
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-docs-'));
  const reader = createOutputComparer(ids);
  const bash = spawn('bash', ['--noprofile', '--norc'], {
    cwd: inCheckout ? ROOT : folder,
    env: { ...process.env, ...env, DOCS_NODE: process.execPath, DOCS_OPS: OPS_PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(bash, 'close');
  let printed = '';
  bash.stdout.setEncoding('utf8').on('data', (text) => (printed += String(text)));
  bash.stdin.write(`exec 2>&1\n${inCheckout ? '' : PRELUDE}`);
  let count = 0;

  function here(text: string): string {
    return Object.entries(replace).reduce((result, [shown, real]) => result.replaceAll(shown, real), text);
  }

  return {
    async run({ at, shell, output }) {
      count += 1;
      const mark = `--- ${count} ended with `;
      printed = '';
      bash.stdin.write(`${here(reader.resolve(shell))}\nprintf '\\n%s%s\\n' '${mark}' $?\n`);
      const code = await eventually(
        `${at} ends: ${shell}`,
        () => {
          if (bash.exitCode !== null) throw new Error(`${at} ended the shell: ${printed}`);
          return new RegExp(`${mark}(\\d+)\\n`).exec(printed)?.[1];
        },
        LONGEST_COMMAND_MS,
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${printed}`);
      });
      const text = printed.slice(0, printed.indexOf(`\n${mark}`));
      const fails = output?.text.includes('ops: ') ?? false;
      assert.equal(
        code !== '0',
        fails || /^\d+ findings/m.test(output?.text ?? ''),
        `${at} ended with ${code}: ${text}`,
      );
      if (output === undefined) return;
      const shown = here(output.text);
      reader.check(shown.match(PROGRESS) ? text : text.replaceAll(PROGRESS, ''), shown, output.isJson, at);
    },
    async close() {
      bash.stdin.end();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
