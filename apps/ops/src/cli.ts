/** The command line of `ops`: its commands, its error messages and its exit codes. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { ConfigError } from '@latchkey/process';
import { addAccounts } from './commands/accounts.ts';
import { addAcls } from './commands/acls.ts';
import { addAnchor } from './commands/anchor.ts';
import { addAudit } from './commands/audit.ts';
import { addClients } from './commands/clients.ts';
import { addCompletion } from './commands/completion.ts';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addErase } from './commands/erase.ts';
import { addErasures } from './commands/erasures.ts';
import { addExport } from './commands/export.ts';
import { addIndexes } from './commands/indexes.ts';
import { addKeys } from './commands/keys.ts';
import { addMail } from './commands/mail.ts';
import { addMove } from './commands/move.ts';
import { addParked } from './commands/parked.ts';
import { addPasswords } from './commands/passwords.ts';
import { addRebuild } from './commands/rebuild.ts';
import { addRepublish } from './commands/republish.ts';
import { addRole } from './commands/role.ts';
import { addSchemas } from './commands/schemas.ts';
import { addSecrets } from './commands/secrets.ts';
import { addSuppressions } from './commands/suppressions.ts';
import { addTopics } from './commands/topics.ts';
import { addUpgrade } from './commands/upgrade.ts';
import { addVerify, CANNOT_VERIFY } from './commands/verify.ts';
import { addWebhooks } from './commands/webhooks.ts';
import type { Context } from './context.ts';
import { formatExamples, type Program } from './program.ts';

const DESCRIPTION = `Commands for operators of Latchkey.

They act on MongoDB and Kafka if MONGO_URL (and KAFKA_BROKERS) is set, otherwise on the data folder DATA_DIR \
(default: ./.data). Settings come from the environment and from .env in the working folder.`;

type Output = Pick<Context, 'print' | 'note'>;

/** Builds the commands. Their actions work with `context`; help and usage errors are written to it. */
export function createProgram(context: Context): Program {
  const program = new Command('ops')
    .description(DESCRIPTION)
    .option('--no-wait', 'fail if a server cannot be reached for 3 seconds, instead of waiting for it')
    .usage('[options] <command>')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput(outputOf(context))
    .showHelpAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      formatExamples('role ada@example.com admin', 'parked list --json', 'help deliveries'),
    );
  for (const add of [
    addRole,
    addErase,
    addErasures,
    addExport,
    addAccounts,
    addTopics,
    addAcls,
    addIndexes,
    addSchemas,
    addSecrets,
    addKeys,
    addPasswords,
    addMove,
    addRebuild,
    addParked,
    addDeadLetters,
    addDeliveries,
    addMail,
    addSuppressions,
    addClients,
    addWebhooks,
    addAudit,
    addVerify,
    addAnchor,
    addRepublish,
    addUpgrade,
    addCompletion,
  ])
    add(program, context);
  return program;
}

function outputOf({ print, note }: Output) {
  return {
    writeOut: (text: string) => print(text.replace(/\n$/, '')),
    writeErr: (text: string) => note(text.replace(/\n$/, '')),
    outputError: (text: string) =>
      note(
        `ops: ${text
          .trimEnd()
          .replace(/^error: /, '')
          .replace('\n(Did', ' (Did')}`,
      ),
  };
}

/** Runs a command line. Writes any error to `note`. @returns the exit code */
export async function run(
  words: readonly string[],
  io: Omit<Context, 'waits' | 'exitWith'>,
): Promise<number> {
  let exitCode = 0;
  const program = createProgram({
    ...io,
    get waits() {
      return program.opts().wait;
    },
    exitWith(code) {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(words.length === 0 ? ['help'] : words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    for (const line of explain(error)) io.note(`ops: ${line}`);
    return program.args[0] === 'verify' ? CANNOT_VERIFY : 1;
  }
}

function explain(error: unknown): readonly string[] {
  if (error instanceof CommanderError)
    // Commander has printed the error, unless a subcommand is missing: then it has printed the help alone.
    return error.code === 'commander.help' ? ['a subcommand is missing'] : [];
  if (error instanceof ConfigError) return error.faults;
  return [error instanceof Error ? error.message : String(error)];
}
