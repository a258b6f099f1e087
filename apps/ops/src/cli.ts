/** The command line of `ops`: its commands, its error messages and its exit codes. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { ConfigError } from '@latchkey/process';
import { addAccountsCommand } from './commands/accounts.ts';
import { addAclsCommand } from './commands/acls.ts';
import { addAnchorCommand } from './commands/anchor.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addClientsCommand } from './commands/clients.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDeadLettersCommand } from './commands/dead-letters.ts';
import { addDeliveriesCommand } from './commands/deliveries.ts';
import { addEraseCommand } from './commands/erase.ts';
import { addErasuresCommand } from './commands/erasures.ts';
import { addExportCommand } from './commands/export.ts';
import { addIndexesCommand } from './commands/indexes.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addMailCommand } from './commands/mail.ts';
import { addMoveCommand } from './commands/move.ts';
import { addParkedCommand } from './commands/parked.ts';
import { addPasswordsCommand } from './commands/passwords.ts';
import { addRebuildCommand } from './commands/rebuild.ts';
import { addRepublishCommand } from './commands/republish.ts';
import { addRoleCommand } from './commands/role.ts';
import { addSchemasCommand } from './commands/schemas.ts';
import { addSecretsCommand } from './commands/secrets.ts';
import { addSuppressionsCommand } from './commands/suppressions.ts';
import { addTopicsCommand } from './commands/topics.ts';
import { addUpgradeCommand } from './commands/upgrade.ts';
import { addVerifyCommand, CANNOT_VERIFY } from './commands/verify.ts';
import { addWebhooksCommand } from './commands/webhooks.ts';
import type { Context } from './context.ts';
import { formatExamples, type Program } from './program.ts';

const DESCRIPTION = `Commands for operators of Latchkey.

They act on MongoDB and Kafka if MONGO_URL (and KAFKA_BROKERS) is set, otherwise on the data folder DATA_DIR \
(default: ./.data). Settings come from the environment and from .env in the working folder.`;

type Output = Pick<Context, 'print' | 'note'>;

/** Builds the commands. Their actions, help texts and usage errors use `context`. */
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
    addRoleCommand,
    addEraseCommand,
    addErasuresCommand,
    addExportCommand,
    addAccountsCommand,
    addTopicsCommand,
    addAclsCommand,
    addIndexesCommand,
    addSchemasCommand,
    addSecretsCommand,
    addKeysCommand,
    addPasswordsCommand,
    addMoveCommand,
    addRebuildCommand,
    addParkedCommand,
    addDeadLettersCommand,
    addDeliveriesCommand,
    addMailCommand,
    addSuppressionsCommand,
    addClientsCommand,
    addWebhooksCommand,
    addAuditCommand,
    addVerifyCommand,
    addAnchorCommand,
    addRepublishCommand,
    addUpgradeCommand,
    addCompletionCommand,
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
    // Commander has already printed the error. If a subcommand is missing, it has printed only the help.
    return error.code === 'commander.help' ? ['a subcommand is missing'] : [];
  if (error instanceof ConfigError) return error.faults;
  return [error instanceof Error ? error.message : String(error)];
}
