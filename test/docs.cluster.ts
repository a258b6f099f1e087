/** Runs those commands of the documentation that need Kafka and MongoDB (see support/doc-blocks.ts). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { createClient } from './support/client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { type DocCommand, findTestedCommands, listMarkdownFiles } from './support/doc-blocks.ts';
import { type DocShell, openDocShell } from './support/doc-shell.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { withMongoDatabase } from './support/mongo-url.ts';
import { createPersonActions, createUniquePerson } from './support/people.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';
import { deleteTopicsAndGroups, deleteTopicsAndGroupsIfAllowed } from './support/test-broker.ts';

const { KAFKA_BROKERS = '', MONGO_URL = '' } = process.env;
if (!KAFKA_BROKERS || !MONGO_URL) throw new Error('KAFKA_BROKERS and MONGO_URL must be set');

function creates({ shell }: DocCommand): boolean {
  return /ops -- (topics|indexes)\b/.test(shell);
}

async function runAll(shell: DocShell, commands: readonly DocCommand[]): Promise<void> {
  assert.ok(commands.length > 0);
  for (const command of commands) await shell.run(command);
}

test('every block that runs on a cluster is in a document that a test below runs', () => {
  const run = listMarkdownFiles().filter((document) => findTestedCommands(document, 'cluster').length > 0);
  assert.deepEqual(run, [
    'docs/least-privilege.md',
    'docs/moving.md',
    'docs/operating.md',
    'docs/ops.md',
    'docs/siem.md',
  ]);
});

/** Returns an empty database, and a broker without topics. */
async function emptyServers() {
  await deleteTopicsAndGroupsIfAllowed(KAFKA_BROKERS);
  const url = withMongoDatabase(MONGO_URL, `latchkey_test_${randomBytes(4).toString('hex')}`);
  return {
    stores: { KAFKA_BROKERS, MONGO_URL: url },
    async clear() {
      await deleteTopicsAndGroups(KAFKA_BROKERS);
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    },
  };
}

describe('on servers that are empty', () => {
  let servers: Awaited<ReturnType<typeof emptyServers>>;
  before(async () => {
    servers = await emptyServers();
  });
  after(() => servers?.clear());

  test('docs/ops.md: topics and indexes', async () => {
    const shell = await openDocShell({ env: servers.stores });
    try {
      await runAll(shell, findTestedCommands('docs/ops.md', 'cluster').filter(creates));
    } finally {
      await shell.close();
    }
  });

  describe('docs/moving.md', () => {
    let standalone: Standalone;
    let shell: DocShell;
    before(async () => {
      standalone = await startStandalone();
      shell = await openDocShell({
        env: { DATA_DIR: standalone.folder },
        replace: {
          'kafka-1:9092,kafka-2:9092,kafka-3:9092': servers.stores.KAFKA_BROKERS,
          'mongodb://mongo:27017/latchkey': servers.stores.MONGO_URL,
          '/srv/latchkey/.data': standalone.folder,
        },
      });
    });
    after(async () => {
      await shell?.close();
      await standalone?.stop();
    });

    test('a folder is moved once its standalone has stopped', async () => {
      const people = createPersonActions(createClient(standalone.url), createMailbox(standalone.mailbox));
      const ada = await people.verified(createUniquePerson('ada'));
      await eventually('every mail is sent', async () => {
        const states = (await standalone.ops('deliveries', 'list')).split('\n').slice(1, -1);
        return states.length === 2 && states.every((line) => / sent /.test(line));
      });

      const commands = findTestedCommands('docs/moving.md', 'cluster');
      const refused = commands.findIndex(({ output }) => output?.text.startsWith('ops: '));
      await runAll(shell, commands.slice(0, refused + 1));
      await standalone.end();
      await runAll(shell, commands.slice(refused + 1, -1));
      await shell.run({
        at: 'a commit of the cluster',
        place: 'cluster',
        shell: `npm run ops -- role ${ada.email} admin`,
      });
      await runAll(shell, commands.slice(-1));
    });
  });
});

describe('on services that run', () => {
  let cluster: Cluster;
  let shell: DocShell;
  before(async () => {
    cluster = await startCluster({ instances: { user: 1, notifier: 1, auth: 1 } });
    const people = createPersonActions(createClient(cluster.url), createMailbox(cluster.mailbox));
    for (const name of ['ada', 'grace']) await people.verified(createUniquePerson(name));
    shell = await openDocShell({
      env: cluster.opsSettings,
      replace: { 'localhost:19092': cluster.stores.KAFKA_BROKERS },
    });
  });
  after(async () => {
    await shell?.close();
    await cluster?.stop();
  });

  test('docs/operating.md', () => runAll(shell, findTestedCommands('docs/operating.md', 'cluster')));

  test('docs/least-privilege.md', () =>
    runAll(shell, findTestedCommands('docs/least-privilege.md', 'cluster')));

  test('docs/siem.md', () => runAll(shell, findTestedCommands('docs/siem.md', 'cluster')));

  test('docs/ops.md: verify and rebuild', () =>
    runAll(
      shell,
      findTestedCommands('docs/ops.md', 'cluster').filter((command) => !creates(command)),
    ));
});
