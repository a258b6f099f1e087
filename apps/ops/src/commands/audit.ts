import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { auditSettingsSchema, createSecurityEventIpMatcher } from '@latchkey/auth/ops';
import { topicNameSettings } from '@latchkey/backend';
import { type LogReader, topicNameOnLog } from '@latchkey/bus';
import {
  isSecurityEventType,
  SECURITY_TOPIC,
  type SecurityEvent,
  type SecurityEventType,
  securityEventTypes,
} from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import { findSecurityEvents, followSecurityEvents, type SecurityEventFilter } from '../audit/read-events.ts';
import type { CommandContext } from '../context.ts';
import { readSecretOfDataFolder } from '../keys.ts';
import { withOpenedLog } from '../log.ts';
import { type PagedListing, printJsonLines, printListingPage } from '../output/listing.ts';
import {
  createLimitOption,
  formatExamples,
  JSON_OPTION_HELP,
  type OpsProgram,
  parseTimeOrAge,
} from '../program.ts';
import { getDataFolder } from '../stores.ts';

const FOLLOW_EVERY_MS = 1000;

/** Adds the command that prints security events. */
export function addAuditCommand(program: OpsProgram, context: CommandContext): void {
  const audit = program
    .command('audit')
    .description('read security events: sign-ins, refusals, actions of admins')
    .addHelpText(
      'after',
      formatExamples('audit tail --follow', 'audit search --type LoginFailed --since 24h'),
    );

  audit
    .command('tail')
    .description('print the newest security events, oldest of them first')
    .addOption(createLimitOption())
    .option('--follow', 'then print new ones as they come, until it is interrupted or the pipe is closed')
    .addOption(accountOption())
    .addOption(typeOption())
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('audit tail --limit 10', 'audit tail --follow --json'))
    .action(({ limit, follow = false, json = false, ...filter }) =>
      withEvents(context, async (reader, topic) => {
        const newest = await findSecurityEvents(reader, topic, { filter, limit, end: 'last' });
        const listing = listingOf(json, async () => newest);
        await printListingPage(context, { ...listing, limit });
        if (follow) await printNew(context, reader, topic, { filter, json });
      }),
    );

  audit
    .command('search')
    .description('print the security events that match, oldest first')
    .addOption(createLimitOption())
    .addOption(accountOption())
    .addOption(typeOption())
    .addOption(
      new Option(
        '--since <time>',
        'only events at or after this time: an instant, or an age such as 30m, 12h, 7d',
      ).argParser(parseTimeOrAge),
    )
    .addOption(
      new Option(
        '--ip <ip>',
        'only events of a client with this IP; if only the network is stored, of the whole network',
      ).argParser(parseIp),
    )
    .addOption(
      new Option('--until <time>', 'only events before this time: an instant, or an age').argParser(
        parseTimeOrAge,
      ),
    )
    .addOption(new Option('--after <id>', 'continue after this event').argParser(parseId))
    .option('--json', JSON_OPTION_HELP)
    .addHelpText(
      'after',
      formatExamples(
        'audit search --type LoginFailed --since 24h',
        'audit search --ip 192.0.2.1',
        'audit search --account 01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f --json',
        'audit search --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z --limit 1000 --json',
      ),
    )
    .action(({ limit, ip, json = false, ...rest }) =>
      withEvents(context, async (reader, topic) => {
        const isClient =
          ip === undefined ? undefined : createSecurityEventIpMatcher(ip, await pseudonymKeys(context));
        const filter = { ...rest, isClient };
        const listing = listingOf(json, (count) =>
          findSecurityEvents(reader, topic, { filter, limit: count, end: 'first' }),
        );
        return printListingPage(context, { ...listing, limit });
      }),
    );
}

function withEvents(
  context: CommandContext,
  work: (reader: LogReader, topic: string) => Promise<void>,
): Promise<void> {
  const { TOPIC_NAMES } = readConfig(topicNameSettings, context.environment);
  return withOpenedLog(context, ({ reader }) => work(reader, topicNameOnLog(TOPIC_NAMES, SECURITY_TOPIC)));
}

/**
 * Returns the keys for pseudonyms in security events: the current key and the former ones.
 * @throws ConfigError
 */
async function pseudonymKeys({ environment }: CommandContext): Promise<readonly Buffer[]> {
  const key = await readSecretOfDataFolder('AUDIT_IP_KEY', getDataFolder(environment), environment);
  const { AUDIT_IP_KEY = [] } = readConfig(auditSettingsSchema.pick({ AUDIT_IP_KEY: true }), {
    AUDIT_IP_KEY: key,
  });
  return AUDIT_IP_KEY.map(({ bytes }) => bytes);
}

async function printNew(
  { print, outputClosed }: CommandContext,
  reader: LogReader,
  topic: string,
  { filter, json }: { readonly filter: SecurityEventFilter; readonly json: boolean },
): Promise<void> {
  const arriving = followSecurityEvents(reader, topic, {
    filter,
    pause: () => pause(FOLLOW_EVERY_MS),
    signal: outputClosed,
  });
  for await (const events of arriving)
    if (json) printJsonLines(print, events.map(toJson));
    else for (const event of events) print(toRow(event).join('  '));
}

function listingOf(
  json: boolean,
  load: PagedListing<SecurityEvent>['load'],
): Omit<PagedListing<SecurityEvent>, 'limit'> {
  return {
    load,
    nameOf: ({ id }) => id,
    json,
    toJson: (event) => [toJson(event)],
    columns: ['time', 'event', 'account', 'actor', 'what', 'client', 'request'],
    toRows: (event) => [toRow(event)],
    empty: 'There are no such security events.',
  };
}

function toJson({ id, time, type, correlationId: requestId, data }: SecurityEvent) {
  return { id, time, type, requestId, ...data };
}

function toRow({ time, type, correlationId, data }: SecurityEvent): readonly string[] {
  const account = 'accountId' in data ? data.accountId : undefined;
  const person = 'person' in data ? data.person : undefined;
  const ip = person?.ip ?? person?.ipPrefix ?? person?.ipHmac;
  return [time, type, account ?? '-', data.actor, whatOf(data), ip ?? '-', correlationId].map(onTerminal);
}

/** Formats the fields that are specific to the type of a security event, as `name=value`. */
function whatOf(data: SecurityEvent['data']): string {
  const { actor: _actor, ...fields } = data;
  const own = Object.entries(fields).filter(([name]) => !['accountId', 'person', 'settings'].includes(name));
  return own.map(([name, value]) => `${name}=${String(value)}`).join(' ') || '-';
}

/**
 * Replaces the control characters in a string before it is printed. Clients choose parts of the string, so it
 * could contain escape sequences that control the terminal.
 */
function onTerminal(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}

function accountOption() {
  return new Option('--account <id>', 'only events about this account').argParser(parseId);
}

function typeOption() {
  return new Option('--type <type>', `only events of this type: ${securityEventTypes.join(', ')}`).argParser(
    parseType,
  );
}

/** Parses a type of security event. @throws InvalidArgumentError */
function parseType(text: string): SecurityEventType {
  if (isSecurityEventType(text)) return text;
  throw new InvalidArgumentError(`Expected one of ${securityEventTypes.join(', ')}.`);
}

/** Parses an IPv4 or IPv6 address. @throws InvalidArgumentError */
function parseIp(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new InvalidArgumentError('Expected an IP, such as 192.0.2.1.');
}

/** Parses a UUID, and converts it to lower case. @throws InvalidArgumentError */
function parseId(text: string): string {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Expected an id, such as 01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f.');
}
