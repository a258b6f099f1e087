/** The command line of `ops`: its commands, its error messages and its exit codes. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { ConfigError, type Environment } from '@latchkey/process';
import type { CommandContext } from './context.ts';
import { formatExamples, type OpsProgram } from './program.ts';

const DESCRIPTION = `Commands for operators of Latchkey.

They act on MongoDB and Kafka if MONGO_URL (and KAFKA_BROKERS) is set, otherwise on the data folder DATA_DIR \
(default: ./.data). Settings come from the environment and from .env in the working folder.`;

/** The exit code of `verify` if the stores could not be compared. */
const CANNOT_VERIFY = 2;

type Output = Pick<CommandContext, 'print' | 'note'>;

/**
 * For each command, a function that loads its module, in the order of the help. Only the module of the
 * command that is named on the command line is loaded, because loading all modules would take most of the
 * time of a short command.
 */
const COMMANDS: Readonly<
  Record<string, () => Promise<(program: OpsProgram, context: CommandContext) => void>>
> = {
  role: async () => (await import('./commands/role.ts')).addRoleCommand,
  erase: async () => (await import('./commands/erase.ts')).addEraseCommand,
  erasures: async () => (await import('./commands/erasures.ts')).addErasuresCommand,
  export: async () => (await import('./commands/export.ts')).addExportCommand,
  accounts: async () => (await import('./commands/accounts.ts')).addAccountsCommand,
  topics: async () => (await import('./commands/topics.ts')).addTopicsCommand,
  acls: async () => (await import('./commands/acls.ts')).addAclsCommand,
  indexes: async () => (await import('./commands/indexes.ts')).addIndexesCommand,
  schemas: async () => (await import('./commands/schemas.ts')).addSchemasCommand,
  secrets: async () => (await import('./commands/secrets.ts')).addSecretsCommand,
  keys: async () => (await import('./commands/keys.ts')).addKeysCommand,
  passwords: async () => (await import('./commands/passwords.ts')).addPasswordsCommand,
  backup: async () => (await import('./commands/backup.ts')).addBackupCommand,
  move: async () => (await import('./commands/move.ts')).addMoveCommand,
  vacuum: async () => (await import('./commands/vacuum.ts')).addVacuumCommand,
  rebuild: async () => (await import('./commands/rebuild.ts')).addRebuildCommand,
  parked: async () => (await import('./commands/parked.ts')).addParkedCommand,
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).addDeadLettersCommand,
  deliveries: async () => (await import('./commands/deliveries.ts')).addDeliveriesCommand,
  mail: async () => (await import('./commands/mail.ts')).addMailCommand,
  suppressions: async () => (await import('./commands/suppressions.ts')).addSuppressionsCommand,
  clients: async () => (await import('./commands/clients.ts')).addClientsCommand,
  webhooks: async () => (await import('./commands/webhooks.ts')).addWebhooksCommand,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommand,
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  anchor: async () => (await import('./commands/anchor.ts')).addAnchorCommand,
  republish: async () => (await import('./commands/republish.ts')).addRepublishCommand,
  upgrade: async () => (await import('./commands/upgrade.ts')).addUpgradeCommand,
  completion: async () => (await import('./commands/completion.ts')).addCompletionCommand,
};

/**
 * Creates the `ops` program with its commands. Commands read their settings from `context`, and print their
 * results, help texts and usage errors through it.
 * @param names the names of the commands to add. Default: all
 */
export async function createOpsProgram(
  context: CommandContext,
  names: readonly string[] = Object.keys(COMMANDS),
): Promise<OpsProgram> {
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
  const add = await Promise.all(names.map((name) => COMMANDS[name]?.()));
  for (const each of add) each?.(program, context);
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

/** The streams, the signal and the environment that a process passes to its command line. */
export interface OpsCommandLineIo extends Omit<CommandContext, 'environment' | 'waits' | 'exitWith'> {
  /** Reads the environment. Called only by commands that need settings. @throws ConfigError if `.env` is invalid */
  readEnvironment(): Environment;
}

/**
 * Runs an ops command. Reports errors through `note`.
 * @param words the words on the command line after `ops`
 * @returns the exit code
 */
export async function runOpsCommandLine(
  words: readonly string[],
  { readEnvironment, ...io }: OpsCommandLineIo,
): Promise<number> {
  let exitCode = 0;
  let environment: Environment | undefined;
  const context: CommandContext = {
    ...io,
    get environment() {
      environment ??= readEnvironment();
      return environment;
    },
    get waits() {
      return program.opts().wait;
    },
    exitWith(code) {
      exitCode = code;
    },
  };
  const program = await createOpsProgram(context, neededFor(words));
  try {
    await program.parseAsync(words.length === 0 ? ['help'] : words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    for (const line of explain(error)) io.note(`ops: ${line}`);
    return program.args[0] === 'verify' ? CANNOT_VERIFY : 1;
  }
}

/**
 * Returns the name of the command whose module must be loaded. Returns undefined if all modules must be
 * loaded: for `completion`, for an unknown command, and if no command is given.
 * @param words the words on the command line after `ops`
 */
function neededFor(words: readonly string[]): readonly string[] | undefined {
  const name = words.find((word) => !word.startsWith('-'));
  return name !== undefined && name !== 'completion' && Object.hasOwn(COMMANDS, name) ? [name] : undefined;
}

function explain(error: unknown): readonly string[] {
  if (error instanceof CommanderError)
    // Commander has already printed the message of its error. Only for a missing subcommand, Commander
    // prints the help without a message, so add one.
    return error.code === 'commander.help' ? ['a subcommand is missing'] : [];
  if (error instanceof ConfigError) return error.faults;
  return [error instanceof Error ? error.message : String(error)];
}
