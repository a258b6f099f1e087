/** Manages webhooks: the endpoints to which events are sent. */
import type { Store } from '@latchkey/backend';
import { assertNever } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import {
  addEndpoint,
  computeEndpointState,
  type DeliveryAttempt,
  EndpointRefusedError,
  type EndpointWithSecret,
  findEndpointUrlFault,
  findUnreadableSecrets,
  getSigningSecrets,
  MAX_ENDPOINTS,
  openWebhookStorage,
  pauseEndpoint,
  type RedriveRange,
  resumeEndpoint,
  rotateEndpointSecret,
  type SecretSealer,
  updateEndpoint,
  type WebhookEndpoint,
  webhookSettingsSchema,
  withRedrive,
} from '@latchkey/webhooks';
import type { CommandContext } from '../context.ts';
import { createWebhookSecretSealerFromSettings } from '../keys.ts';
import { formatProperties, printJsonLines, printListingPage } from '../output/listing.ts';
import { computeOverlapEnd, createOverlapHoursOption } from '../overlap.ts';
import {
  createEventTypesOption,
  createLimitOption,
  createWholeNumberParser,
  formatExamples,
  JSON_OPTION_HELP,
  type OpsProgram,
  parseConsumerName,
  parseTimeOrAge,
} from '../program.ts';
import { withOpenedStore } from '../stores.ts';

const EXAMPLE_ID = 'we_5b1f0c9a7d3e2468';

export function addWebhooksCommand(program: OpsProgram, context: CommandContext): void {
  const webhooks = program
    .command('webhooks')
    .description(
      'manage webhooks: the endpoints that events are sent to, their secrets, attempts and redrives',
    )
    .addHelpText(
      'after',
      formatExamples(
        'webhooks add crm https://crm.example.com/hooks',
        'webhooks list',
        `webhooks attempts ${EXAMPLE_ID}`,
      ),
    );

  webhooks
    .command('add')
    .description('add an endpoint and print the secret that its requests are signed with')
    .argument('<name>', 'the name of the receiver, such as crm', parseConsumerName)
    .argument('<url>', 'where events are sent to')
    .addOption(createEventTypesOption())
    .option('--person', 'events contain personal data. Default: they do not')
    .option('--from-beginning', 'also send all earlier events. Default: only events that happen from now on')
    .addHelpText(
      'after',
      formatExamples(
        'webhooks add crm https://crm.example.com/hooks',
        'webhooks add crm https://crm.example.com/hooks --types UserRegistered,ProfileChanged --person',
      ),
    )
    .action((name, url, { types, person = false, fromBeginning = false }) => {
      const { WEBHOOKS_ALLOW_PRIVATE: allowPrivate } = readConfig(webhookSettingsSchema, context.environment);
      const from = fromBeginning ? 'beginning' : 'now';
      const fields = { name, url, person, from, ...(types && { types: [...types] }) } as const;
      return withOpenedStore(context, async (store) => {
        const { endpoints } = openWebhookStorage(store);
        const sealer = await createWebhookSecretSealerFromSettings(context);
        const options = { allowPrivate, sealer, now: new Date() };
        printSecret(context, await refusing(() => addEndpoint(endpoints, fields, options), hintFor(url)));
      });
    });

  webhooks
    .command('list')
    .description('list endpoints, their state and how many accounts wait, without their secrets')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('webhooks list', 'webhooks list --json'))
    .action(({ json = false }) =>
      withOpenedStore(context, (store) =>
        printListingPage<ListedEndpoint>(context, {
          limit: MAX_ENDPOINTS,
          load: async () => {
            const sealer = await createWebhookSecretSealerFromSettings(context);
            const endpoints = await openWebhookStorage(store).endpoints.list();
            return Promise.all(endpoints.map((endpoint) => withUnreadable(endpoint, sealer)));
          },
          nameOf: ({ endpoint }) => endpoint.id,
          json,
          toJson: (each) => [toJson(each)],
          columns: ['id', 'name', 'state', 'waiting', 'types', 'person', 'secrets', 'url'],
          toRows: (each) => [toRow(each)],
          empty: 'There are no webhooks.',
        }),
      ),
    );

  webhooks
    .command('show')
    .description('show an endpoint: its state, its failures, and whether its secrets can be opened')
    .argument('<id>', 'the id of the endpoint')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples(`webhooks show ${EXAMPLE_ID}`))
    .action((id, { json = false }) =>
      withOpenedStore(context, async (store) => {
        const endpoint = await openWebhookStorage(store).endpoints.find(id);
        if (endpoint === undefined) throw unknownEndpoint(id);
        const shown = await withUnreadable(endpoint, await createWebhookSecretSealerFromSettings(context));
        if (json) printJsonLines(context.print, [toJson(shown)]);
        else for (const line of describe(shown)) context.print(line);
      }),
    );

  webhooks
    .command('rotate')
    .description('give an endpoint another secret; requests are signed with the former one, too, for a while')
    .argument('<id>', 'the id of the endpoint')
    .addOption(createOverlapHoursOption('how long requests are signed with the former secret, too'))
    .addHelpText('after', formatExamples(`webhooks rotate ${EXAMPLE_ID} --overlap-hours 2`))
    .action((id, { overlapHours }) => {
      const now = new Date();
      const until = computeOverlapEnd(now, overlapHours);
      return withOpenedStore(context, async (store) => {
        const { endpoints } = openWebhookStorage(store);
        const sealer = await createWebhookSecretSealerFromSettings(context);
        const rotated = await refusing(() => rotateEndpointSecret(endpoints, id, { sealer, now, until }));
        if (rotated === undefined) throw unknownEndpoint(id);
        printSecret(context, rotated);
        context.print(
          overlapHours === 0
            ? 'Requests are no longer signed with the former secrets.'
            : `Requests are also signed with the former secrets, until ${until.toISOString()} at the latest.`,
        );
      });
    });

  webhooks
    .command('pause')
    .description('pause an endpoint; events wait until it is resumed, and none are lost')
    .argument('<id>', 'the id of the endpoint')
    .addHelpText('after', formatExamples(`webhooks pause ${EXAMPLE_ID}`))
    .action((id) =>
      withOpenedStore(context, async (store) => {
        await change(store, id, (endpoint) => pauseEndpoint(endpoint, new Date()));
        context.print(`${id}: paused.`);
      }),
    );

  webhooks
    .command('resume')
    .description('resume an endpoint, and send the waiting events immediately')
    .argument('<id>', 'the id of the endpoint')
    .addHelpText('after', formatExamples(`webhooks resume ${EXAMPLE_ID}`))
    .action((id) =>
      withOpenedStore(context, async (store) => {
        await change(store, id, (endpoint) => resumeEndpoint(endpoint, new Date()));
        context.print(`${id}: resumed.`);
      }),
    );

  webhooks
    .command('remove')
    .description('remove an endpoint and its attempts')
    .argument('<id>', 'the id of the endpoint')
    .addHelpText('after', formatExamples(`webhooks remove ${EXAMPLE_ID}`))
    .action((id) =>
      withOpenedStore(context, async (store) => {
        if (!(await openWebhookStorage(store).endpoints.remove(id))) throw unknownEndpoint(id);
        context.print(`${id}: removed.`);
      }),
    );

  webhooks
    .command('attempts')
    .description('list the latest requests to an endpoint and their outcomes')
    .argument('<id>', 'the id of the endpoint')
    .addOption(createLimitOption())
    .option(
      '--after <n>',
      'continue with attempts before the one with this number',
      createWholeNumberParser(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--json', JSON_OPTION_HELP)
    .addHelpText(
      'after',
      formatExamples(`webhooks attempts ${EXAMPLE_ID}`, `webhooks attempts ${EXAMPLE_ID} --json`),
    )
    .action((id, { limit, after, json = false }) =>
      withOpenedStore(context, async (store) => {
        const { endpoints, attempts } = openWebhookStorage(store);
        if ((await endpoints.find(id)) === undefined) throw unknownEndpoint(id);
        await printListingPage<DeliveryAttempt>(context, {
          limit,
          load: (count) => attempts.list(id, { limit: count, ...(after !== undefined && { before: after }) }),
          nameOf: ({ n }) => String(n),
          json,
          toJson: (attempt) => [attempt],
          columns: ['n', 'at', 'outcome', 'ms', 'type', 'event', 'account'],
          toRows: (attempt) => [attemptRow(attempt)],
          empty: 'Nothing was sent yet.',
        });
      }),
    );

  webhooks
    .command('redrive')
    .description('send events again: one by its id, or those of a time range')
    .argument('<id>', 'the id of the endpoint')
    .option('--event <id>', 'the event with this id')
    .option(
      '--since <time>',
      'events that happened at or after this time: an instant, or an age such as 12h',
      parseTimeOrAge,
    )
    .option(
      '--until <time>',
      'events that happened before this time: an instant, or an age. Default: now',
      parseTimeOrAge,
    )
    .addHelpText(
      'after',
      formatExamples(
        `webhooks redrive ${EXAMPLE_ID} --since 2026-11-28T10:00:00Z --until 2026-11-28T12:00:00Z`,
        `webhooks redrive ${EXAMPLE_ID} --event 01a1ff4e-4c69-77ba-93b1-fcec3de4b88f`,
      ),
    )
    .action((id, options) => {
      const range = rangeOf(options);
      return withOpenedStore(context, async (store) => {
        await refusing(() => change(store, id, (endpoint) => withRedrive(endpoint, range)));
        context.print(`${id}: sent again, before anything new.`);
      });
    });
}

async function change(
  store: Store,
  id: string,
  apply: (endpoint: WebhookEndpoint) => WebhookEndpoint,
): Promise<WebhookEndpoint> {
  const changed = await updateEndpoint(openWebhookStorage(store).endpoints, id, apply);
  if (changed === undefined) throw unknownEndpoint(id);
  return changed;
}

function printSecret({ print }: CommandContext, { endpoint, secret }: EndpointWithSecret): void {
  print(`webhook  ${endpoint.id} (${endpoint.name})`);
  print(`secret   ${secret}`);
  print('The secret is shown only once. Requests are signed with this secret (Standard Webhooks).');
}

/** Runs `work`. If `work` throws an EndpointRefusedError, throws an Error with a one-line message instead. */
async function refusing<T>(work: () => Promise<T>, urlHint = ''): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EndpointRefusedError) throw new Error(textOf(error, urlHint));
    throw error;
  }
}

function textOf({ reason, message }: EndpointRefusedError, urlHint: string): string {
  switch (reason) {
    case 'url':
      return `the URL ${message}${urlHint}`;
    case 'number':
      return `${message} Remove one`;
    case 'other-key':
    case 'later':
      return message;
    case 'key':
      return `${message} \`ops secrets\` makes it`;
    default:
      return assertNever(reason);
  }
}

/** Returns a hint that WEBHOOKS_ALLOW_PRIVATE would allow a URL; an empty string if it would not. */
function hintFor(url: string): string {
  return findEndpointUrlFault(url, { allowPrivate: true }) === undefined
    ? '. In development, set WEBHOOKS_ALLOW_PRIVATE=true for this command and for the server'
    : '';
}

function unknownEndpoint(id: string): Error {
  return new Error(`there is no webhook ${id}: see \`webhooks list\``);
}

interface ListedEndpoint {
  readonly endpoint: WebhookEndpoint;
  /**
   * The number of the endpoint's secrets that cannot be decrypted with WEBHOOK_SECRET_KEY; undefined if this command
   * has no key.
   */
  readonly unreadable: number | undefined;
}

/** Counts the secrets of an endpoint that cannot be decrypted. */
async function withUnreadable(endpoint: WebhookEndpoint, sealer: SecretSealer): Promise<ListedEndpoint> {
  const unreadable = sealer.hasKey ? (await findUnreadableSecrets(endpoint, sealer)).length : undefined;
  return { endpoint, unreadable };
}

function describeSecrets({ endpoint, unreadable }: ListedEndpoint): string {
  const valid = String(getSigningSecrets(endpoint, new Date()).length);
  return unreadable ? `${valid}, ${unreadable} cannot be opened` : valid;
}

function describe(each: ListedEndpoint): readonly string[] {
  const { endpoint, unreadable } = each;
  const { id, name, url, types, person, createdAt, paused: pause, delivery } = endpoint;
  const { failing } = delivery;
  return [
    ...formatProperties({
      id,
      name,
      url,
      types: types?.join(',') ?? 'all',
      person: person ? 'yes' : 'no',
      'created at': createdAt.toISOString(),
      state: computeEndpointState(endpoint),
      paused: pause && `${pause.at.toISOString()}: ${pause.reason}`,
      failing: failing && `${failing.count} attempts since ${failing.since.toISOString()}: ${failing.reason}`,
      'next attempt': failing?.next.toISOString(),
      'waiting accounts': delivery.waiting.length,
      secrets: describeSecrets(each),
    }),
    ...(unreadable
      ? [
          'WEBHOOK_SECRET_KEY does not open every secret. Add the key that encrypted it; if it is lost, remove the webhook and add it again.',
        ]
      : []),
    ...(unreadable === undefined
      ? ['Whether the secrets can be opened is unknown without WEBHOOK_SECRET_KEY.']
      : []),
  ];
}

function toRow(each: ListedEndpoint): readonly string[] {
  const { endpoint } = each;
  const { id, name, url, types, person, delivery } = endpoint;
  return [
    id,
    name,
    computeEndpointState(endpoint),
    String(delivery.waiting.length),
    types?.join(',') ?? 'all',
    person ? 'yes' : 'no',
    describeSecrets(each),
    url,
  ];
}

function toJson({ endpoint, unreadable }: ListedEndpoint) {
  const { id, name, url, types, person, createdAt, since, paused: pause, delivery } = endpoint;
  return {
    id,
    name,
    url,
    types,
    person,
    state: computeEndpointState(endpoint),
    createdAt,
    since,
    paused: pause,
    failing: delivery.failing,
    waiting: delivery.waiting.length,
    redriving: delivery.redrive?.ranges,
    secrets: getSigningSecrets(endpoint, new Date()).length,
    unreadableSecrets: unreadable,
  };
}

function attemptRow(attempt: DeliveryAttempt): readonly string[] {
  const { n, at, event, type, account, delivered, status, reason = '', milliseconds } = attempt;
  const outcome = delivered ? `delivered (${status})` : `failed: ${reason}`;
  return [String(n), at.toISOString(), outcome, String(milliseconds), type, event, account];
}

/**
 * Returns the range of events that the options select.
 * @throws Error with a one-line message if the options do not select a range
 */
function rangeOf({
  event,
  since,
  until,
}: {
  readonly event?: string;
  readonly since?: Date;
  readonly until?: Date;
}): RedriveRange {
  if (event !== undefined && since === undefined && until === undefined) return { event };
  if (event !== undefined || since === undefined)
    throw new Error('say which events: --since (and --until), or --event');
  const end = until ?? new Date();
  if (end <= since) throw new Error('--until must be later than --since');
  return { since, until: end };
}
