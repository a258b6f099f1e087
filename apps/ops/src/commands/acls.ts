import { Option } from '@commander-js/extra-typings';
import { topicAndGroupNameSettings } from '@latchkey/backend';
import type { KafkaAcl } from '@latchkey/bus/kafka';
import { readConfig } from '@latchkey/process';
import {
  createAnchorTopicRight,
  createConsumerRights,
  formatKafkaAclsCommand,
  kafkaUsers,
  listKafkaRights,
} from '../access/kafka-rights.ts';
import { createMongoUsersScript } from '../access/mongo-roles.ts';
import type { CommandContext } from '../context.ts';
import { withKafkaBus } from '../kafka.ts';
import { printJsonLines } from '../output/listing.ts';
import { retryUntilReachable } from '../patience.ts';
import { formatExamples, JSON_OPTION_HELP, type OpsProgram, parseConsumerName } from '../program.ts';
import { parseTopicName } from './republish.ts';

/** Adds the command that prints or applies the rights of each process on Kafka, and prints the users of MongoDB. */
export function addAclsCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('acls')
    .description('print the Kafka ACLs of each process, or apply them; or print the MongoDB users')
    .option('--apply', 'create them on the cluster of KAFKA_BROKERS, as a user that may')
    .option(
      '--principal <user=principal...>',
      `principals of ${kafkaUsers.join(', ')} (default: User:auth, …; with mTLS: the names of certificates)`,
    )
    .addOption(
      new Option(
        '--consumer <name...>',
        'also for services of other teams that read the events of accounts',
      ).argParser(parseNames),
    )
    .addOption(
      new Option('--anchors <topic>', 'also for `anchor --topic`: ops may append to this topic').argParser(
        parseTopicName,
      ),
    )
    .option('--mongo', 'print a script for mongosh that creates a user with a role for each process')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText(
      'after',
      formatExamples(
        'acls',
        'acls --apply --consumer books',
        'acls --anchors anchors.v1',
        "acls --principal 'auth=User:CN=auth'",
        'acls --mongo >users.js',
      ),
    )
    .action(
      async ({ apply = false, principal = [], consumer = [], anchors, mongo = false, json = false }) => {
        if (mongo) {
          if (apply || json || anchors !== undefined || principal.length + consumer.length > 0)
            command.error('--mongo cannot be combined with other options');
          context.print(createMongoUsersScript());
          return;
        }
        const principals = principalsIn(principal, consumer) ?? command.error(WRONG_PRINCIPAL);
        const acls = aclsOf(context, { consumers: consumer, anchors }, principals);
        if (apply)
          await withKafkaBus(context, (bus) => retryUntilReachable(context, 'Kafka', () => bus.grant(acls)));
        if (json) printJsonLines(context.print, acls);
        else
          for (const acl of acls) context.print(`${apply ? 'created: ' : ''}${formatKafkaAclsCommand(acl)}`);
      },
    );
}

const WRONG_PRINCIPAL = `--principal must be user=principal, such as 'auth=User:CN=auth', for ${kafkaUsers.join(', ')} and consumers`;

/**
 * Parses the name of another team's service, and appends it to the names from earlier occurrences of the option.
 * @throws InvalidArgumentError
 */
function parseNames(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseConsumerName(name)];
}

function principalsIn(
  options: readonly string[],
  consumers: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const given = options.map((option) => /^([\w.-]+)=(.+:.+)$/.exec(option));
  const users: readonly string[] = [...kafkaUsers, ...consumers];
  if (!given.every((match) => match !== null && users.includes(match[1] ?? ''))) return undefined;
  return new Map([
    ...users.map((user) => [user, `User:${user}`] as const),
    ...given.map((match) => [match?.[1] ?? '', match?.[2] ?? ''] as const),
  ]);
}

function aclsOf(
  { environment }: CommandContext,
  { consumers, anchors }: { readonly consumers: readonly string[]; readonly anchors: string | undefined },
  principals: ReadonlyMap<string, string>,
): readonly KafkaAcl[] {
  const { TOPIC_NAMES, GROUP_PREFIX } = readConfig(topicAndGroupNameSettings, environment);
  const rights = [
    ...listKafkaRights({ topicNames: TOPIC_NAMES, groupPrefix: GROUP_PREFIX }),
    ...(anchors === undefined ? [] : [createAnchorTopicRight(anchors)]),
    ...consumers.flatMap((name) => createConsumerRights(name, { topicNames: TOPIC_NAMES })),
  ];
  return rights.map(({ user, resource, name, isPrefix, operations }) => ({
    principal: principals.get(user) ?? '',
    resource,
    name,
    isPrefix,
    operations,
  }));
}
