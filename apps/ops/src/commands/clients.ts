/** Service clients: other services that call Latchkey with API keys. */
import { Option } from '@commander-js/extra-typings';
import {
  type ClientScope,
  clientScopes,
  generateClientId,
  generateClientKey,
  hashClientKey,
  isValidClientKey,
  openServiceClients,
  rotateClientKey,
  type ServiceClient,
} from '@latchkey/clients';
import { latchkeyConsumers } from '@latchkey/events';
import type { CommandContext } from '../context.ts';
import { printListingPage } from '../output/listing.ts';
import { computeOverlapEnd, createOverlapHoursOption } from '../overlap.ts';
import {
  createEventTypesOption,
  createLimitOption,
  formatExamples,
  JSON_OPTION_HELP,
  type OpsProgram,
  parseConsumerName,
} from '../program.ts';
import { withOpenedStore } from '../stores.ts';

const ONCE = 'The key is shown only once, because only its hash is stored.';

export function addClientsCommand(program: OpsProgram, context: CommandContext): void {
  const clients = program
    .command('clients')
    .description('list, add or revoke service clients, and rotate their API keys')
    .addHelpText(
      'after',
      formatExamples(
        'clients add books --scope introspect',
        'clients add search --scope events --types UserRegistered',
      ),
    );

  clients
    .command('add')
    .description('add a client and print its API key')
    .argument('<name>', 'the name of the service, such as books', parseConsumerName)
    .addOption(
      new Option('--scope <scope...>', 'what the key may be used for')
        .choices(clientScopes)
        .makeOptionMandatory(),
    )
    .addOption(createEventTypesOption())
    .option('--person', 'events contain personal data. Default: they do not')
    .addHelpText(
      'after',
      formatExamples(
        'clients add books --scope introspect',
        'clients add search --scope introspect events --types UserRegistered,ProfileChanged --person',
      ),
    )
    .action((name, { scope, types, person = false }) =>
      withOpenedStore(context, async (store) => {
        if (!scope.includes('events') && (types !== undefined || person))
          throw new Error('--types and --person are about events: add `--scope events`');
        // A client confirms erasures under its own name, so its name must differ from the names of Latchkey's
        // own consumers.
        if (latchkeyConsumers.includes(name))
          throw new Error(`${name} is a service of Latchkey: give the client another name`);
        const { client, key } = newClient({
          name,
          scopes: [...new Set(scope)],
          person,
          ...(types && { types }),
        });
        await openServiceClients(store).clients.add(client);
        printKey(context, client, key);
      }),
    );

  clients
    .command('list')
    .description('list service clients, without their keys')
    .addOption(createLimitOption())
    .option('--after <id>', 'continue after this client')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('clients list', 'clients list --json'))
    .action(({ limit, after, json = false }) =>
      withOpenedStore(context, (store) =>
        printListingPage<ServiceClient>(context, {
          limit,
          load: (count) =>
            openServiceClients(store).clients.list({ limit: count, ...(after !== undefined && { after }) }),
          nameOf: ({ id }) => id,
          json,
          toJson: (client) => [toJson(client)],
          columns: ['id', 'name', 'scopes', 'types', 'person', 'keys', 'created'],
          toRows: (client) => [toRow(client)],
          empty: 'There are no service clients.',
        }),
      ),
    );

  clients
    .command('rotate')
    .description('create another API key for a client; the former one remains valid for a while')
    .argument('<id>', 'the id of the client')
    .addOption(createOverlapHoursOption('how long the former key remains valid'))
    .addHelpText('after', formatExamples('clients rotate 5b1f0c9a7d3e2468 --overlap-hours 2'))
    .action((id, { overlapHours }) =>
      withOpenedStore(context, async (store) => {
        const now = new Date();
        const until = computeOverlapEnd(now, overlapHours);
        const rotated = await rotateClientKey(openServiceClients(store).clients, id, { now, until });
        if (rotated === undefined) throw unknownClient(id);
        printKey(context, rotated.client, rotated.key);
        context.print(
          overlapHours === 0
            ? 'Its former keys are invalid from now on.'
            : `Its former keys are valid until ${until.toISOString()} at the latest.`,
        );
      }),
    );

  clients
    .command('revoke')
    .description('remove a client; its keys become invalid immediately')
    .argument('<id>', 'the id of the client')
    .addHelpText('after', formatExamples('clients revoke 5b1f0c9a7d3e2468'))
    .action((id) =>
      withOpenedStore(context, async (store) => {
        if (!(await openServiceClients(store).clients.remove(id))) throw unknownClient(id);
        context.print(`${id}: revoked.`);
      }),
    );
}

function newClient(of: {
  readonly name: string;
  readonly scopes: readonly ClientScope[];
  readonly types?: readonly string[];
  readonly person: boolean;
}): { readonly client: ServiceClient; readonly key: string } {
  const id = generateClientId();
  const key = generateClientKey(id);
  const now = new Date();
  return { client: { id, ...of, createdAt: now, keys: [{ hash: hashClientKey(key), since: now }] }, key };
}

function printKey({ print }: CommandContext, { id, name }: ServiceClient, key: string): void {
  print(`client  ${id} (${name})`);
  print(`key     ${key}`);
  print(ONCE);
}

function unknownClient(id: string): Error {
  return new Error(`there is no client ${id}: see \`clients list\``);
}

function toRow(client: ServiceClient): readonly string[] {
  const { id, name, types, person, createdAt } = client;
  return [
    id,
    name,
    client.scopes.join(','),
    types?.join(',') ?? 'all',
    person ? 'yes' : 'no',
    String(validKeys(client)),
    createdAt.toISOString(),
  ];
}

function toJson(client: ServiceClient) {
  const { id, name, scopes: granted, types, person, createdAt } = client;
  return { id, name, scopes: granted, types, person, keys: validKeys(client), createdAt };
}

function validKeys({ keys }: ServiceClient): number {
  const now = new Date();
  return keys.filter((key) => isValidClientKey(key, now)).length;
}
