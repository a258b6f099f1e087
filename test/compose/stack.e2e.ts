/**
 * Tests docker-compose.yml. The stack is started on a machine without earlier data, used through the gateway, and
 * scaled. Kafka, MongoDB and the mail server are then stopped and started again. Finally the stack is removed. Each
 * test builds on the previous ones.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertStatus, type Client, createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createMailbox, extractLink, type Mailbox } from '../support/mailbox.ts';
import { createUniquePerson } from '../support/people.ts';
import {
  ALLOWED_PAGE_ORIGIN,
  type ComposeStack,
  createComposeStack,
  type DockerContainer,
  getServiceOfContainer,
} from './stack.ts';

const OURS = ['auth', 'user', 'notifier'];
const JOBS = ['secrets', 'topics', 'indexes'];
const ALL = ['gateway', ...OURS, 'kafka', 'mongo', 'mailpit', 'kafka-ui'];
const RECOVERY_MS = 120_000;

let stack: ComposeStack;
let client: Client;
let mailbox: Mailbox;

before(async () => {
  stack = await createComposeStack();
  client = createClient(stack.url);
  mailbox = createMailbox(stack.mailbox);
});

after(() => stack?.down());

describe('from nothing, by one command', () => {
  let containers: readonly DockerContainer[];
  function named(names: readonly string[]) {
    return containers.filter((each) => names.includes(getServiceOfContainer(each)));
  }

  test('every part comes up, and the jobs are done', async () => {
    await stack.compose('up', '--build', '--wait');
    containers = await stack.inspect();
    assert.deepEqual(containers.map(getServiceOfContainer).sort(), [...ALL, ...JOBS].sort());
    for (const each of named(ALL)) assert.equal(each.State.Status, 'running', getServiceOfContainer(each));
    for (const each of named(JOBS)) {
      assert.deepEqual([each.State.Status, each.State.ExitCode], ['exited', 0], getServiceOfContainer(each));
    }
  });

  test('starting it again changes nothing', async () => {
    await stack.compose('up', '--wait');
    const again = await stack.inspect(...OURS);
    assert.deepEqual(again.map(getServiceOfContainer).sort(), [...OURS].sort());
    for (const job of named(JOBS)) assert.equal(job.State.ExitCode, 0);
  });

  test('our containers run without root, without capabilities and on a read-only file system', () => {
    for (const each of named([...OURS, ...JOBS, 'gateway'])) {
      const { ReadonlyRootfs, CapDrop, CapAdd, Privileged } = each.HostConfig;
      assert.equal(ReadonlyRootfs, true, getServiceOfContainer(each));
      assert.deepEqual(
        [CapDrop, CapAdd ?? [], Privileged],
        [['ALL'], [], false],
        getServiceOfContainer(each),
      );
      assert.match(each.Config.User, /^[1-9]\d*:[1-9]\d*$/, getServiceOfContainer(each));
    }
  });

  test('nobody gains rights that it did not start with', () => {
    for (const each of containers) {
      assert.ok(each.HostConfig.SecurityOpt?.includes('no-new-privileges:true'), getServiceOfContainer(each));
      assert.deepEqual(each.HostConfig.CapDrop, ['ALL'], getServiceOfContainer(each));
    }
  });

  test('it can be reached from this machine alone', () => {
    function published(among: readonly DockerContainer[]) {
      return among.flatMap(({ NetworkSettings }) =>
        Object.values(NetworkSettings.Ports).flatMap((bindings) => bindings ?? []),
      );
    }
    // Leave out the notifier: MAIL_BOUNCE_PORT is not set, so Docker publishes its port for bounces on an
    // arbitrary free port.
    const others = containers.filter((each) => getServiceOfContainer(each) !== 'notifier');
    assert.deepEqual(
      published(others)
        .map(({ HostPort }) => HostPort)
        .sort(),
      Object.values(stack.ports).sort(),
    );
    for (const { HostIp } of published(containers)) assert.equal(HostIp, '127.0.0.1');
  });

  test('pages of a listed origin may read the responses of services and gateway, others may not', async () => {
    for (const path of ['/auth/history', '/users/me', '/nobody']) {
      const readers = [ALLOWED_PAGE_ORIGIN, 'https://other.example.com'].map(async (origin) => {
        const { headers } = await client.get(path, { headers: { origin } });
        return headers.get('access-control-allow-origin');
      });
      assert.deepEqual(await Promise.all(readers), [ALLOWED_PAGE_ORIGIN, null], path);
    }
  });

  test('the compose file causes no warnings', async () => {
    assert.equal(await stack.compose('config', '--quiet'), '');
  });

  test('a key is in no environment: each service sees the files of its own', async () => {
    for (const [service, files] of [
      [
        'auth',
        ['EVENT_SIGNING_KEYS', 'PASSWORD_SALT_KEY', 'REFRESH_KEY', 'SEALING_PUBLIC_KEY', 'SIGNING_KEYS'],
      ],
      ['notifier', ['SEALING_PRIVATE_KEYS']],
      ['user', ['WEBHOOK_SECRET_KEY']],
    ] as const) {
      const found = await stack.compose('exec', '-T', service, 'ls', `/secrets/${service}`);
      assert.deepEqual(
        found.split('\n').filter((name) => name !== ''),
        files,
      );
      const environment = await stack.compose('exec', '-T', service, 'env');
      assert.doesNotMatch(
        environment,
        /^((EVENT_)?SIGNING_KEYS|REFRESH_KEY|PASSWORD_SALT_KEY|SEALING_\w+_KEYS?|WEBHOOK_SECRET_KEY)=/m,
      );
    }
  });
});

async function passesTheJourney(instances: number): Promise<void> {
  const { code, output } = await stack.runTestFile('journey.e2e.test.ts', instances);
  assert.equal(code, 0, output);
  assert.match(output, /pass [1-9]/);
}

test('the journey works through the gateway', () => passesTheJourney(1));

const readAccounts = [
  ...['exec', '-T', 'kafka', '/opt/kafka/bin/kafka-console-consumer.sh', '--bootstrap-server', 'kafka:9092'],
  ...['--topic', 'accounts.events.v1', '--from-beginning', '--timeout-ms', '3000'],
  ...['--formatter-property', 'print.headers=true', '--formatter-property', 'print.value=false'],
];

interface AccessLogLine {
  readonly requestId?: string;
}

async function linesOf(service: string, requestId: string): Promise<readonly AccessLogLine[]> {
  return (await stack.logs(service))
    .split('\n')
    .filter((text) => text.includes(requestId))
    .map((text) => JSON.parse(text));
}

test('a request can be followed: gateway, service, event, mail', async () => {
  const ada = createUniquePerson();
  const id = `followed-${ada.username}`;
  assertStatus(await client.post('/auth/signup', { json: ada, headers: { 'x-request-id': id } }), 201);
  const mail = await mailbox.next(ada.email, 'Verify your email');

  const answer = await fetch(`${stack.mailbox}/api/v1/message/${mail.id}/headers`);
  const headers = (await answer.json()) as Record<string, string[]>;
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'x-correlation-id');
  assert.deepEqual(headers[name ?? ''], [id]);

  for (const service of ['gateway', 'auth']) {
    const lines = await eventually(`${service} has logged it`, async () => {
      const found = await linesOf(service, id);
      return found.length > 0 && found;
    });
    assert.ok(lines.some(({ requestId }) => requestId === id));
  }
  // Retry the command, because on a busy machine it may time out before it has read a record.
  const event = await eventually(
    'the event is on the topic',
    async () => {
      const records = await stack.compose(...readAccounts);
      return records.split('\n').find((record) => record.includes(`ce_correlationid:${id}`));
    },
    RECOVERY_MS,
  );
  assert.match(event, /ce_type:UserRegistered\b/);
});

test('two instances of each service share the work, and the journey works the same', async () => {
  const two = OURS.flatMap((service) => ['--scale', `${service}=2`]);
  await stack.compose('up', '--wait', '--no-recreate', ...two);
  assert.equal((await stack.inspect(...OURS)).length, 6);
  await passesTheJourney(2);
  const lines = (await stack.logs('gateway')).split('\n').filter((text) => text.startsWith('{'));
  for (const prefix of ['/api/v1/auth/', '/api/v1/users']) {
    const instances = lines
      .map((text): { path: string; upstream: string } => JSON.parse(text))
      .filter(({ path }) => path.startsWith(prefix))
      .map(({ upstream: address }) => address);
    assert.ok(new Set(instances.filter((address) => /^[\d.]+:\d+$/.test(address))).size >= 2, prefix);
  }
});

/** Returns the names of the dependencies that a service reports as unavailable. */
async function missing(service: 'auth' | 'user' | 'notifier'): Promise<readonly string[] | undefined> {
  const ready = await stack.readyz(service);
  return ready?.dependencies.filter(({ state }) => state !== 'ok').map(({ name }) => name);
}

function waitsFor(service: 'auth' | 'user' | 'notifier', ...servers: readonly string[]): Promise<unknown> {
  return eventually(
    `${service} waits for ${servers.join(' and ') || 'nothing'}`,
    async () => {
      const found = await missing(service);
      return (
        found !== undefined &&
        servers.every((name) => found.includes(name)) &&
        (servers.length > 0 || found.length === 0)
      );
    },
    RECOVERY_MS,
  );
}

async function allReady(): Promise<void> {
  for (const service of ['auth', 'user', 'notifier'] as const) await waitsFor(service);
}

describe('servers that come late', () => {
  test('a service that is told to stop shuts down gracefully', async () => {
    await stack.compose('stop', ...OURS);
    for (const each of await stack.inspect(...OURS))
      assert.equal(each.State.ExitCode, 0, getServiceOfContainer(each));
  });

  test('no server, then MongoDB, then Kafka, then Mailpit: all are waited for, and reported', async () => {
    await stack.compose('stop', 'kafka', 'mongo', 'mailpit');
    await stack.start(...OURS);
    for (const service of ['auth', 'user', 'notifier'] as const) await waitsFor(service, 'kafka', 'mongodb');
    const check = ['bash', 'deploy/check-health.sh'];
    assert.match(await stack.compose('exec', '-T', 'user', ...check, '/livez'), /^HTTP\/1\.1 200 OK/);
    await assert.rejects(stack.compose('exec', '-T', 'user', ...check, '/readyz'), ({ cause }) => {
      assert.match(cause.stdout, /^HTTP\/1\.1 503 [\s\S]*"mongodb"/);
      return true;
    });
    const answer = await eventually('the gateway reaches auth', async () => {
      const reply = await client.post('/auth/login', {
        json: { email: 'a@example.com', password: 'long enough' },
      });
      return reply.status === 503 && reply;
    });
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    await stack.start('mongo');
    await eventually(
      'only Kafka is waited for',
      async () => {
        const found = await missing('user');
        return found?.includes('kafka') && !found.includes('mongodb');
      },
      RECOVERY_MS,
    );
    await stack.start('kafka');
    for (const service of ['auth', 'user'] as const) await waitsFor(service);
    await waitsFor('notifier', 'smtp');
    const ada = createUniquePerson();
    const reply = await eventually('auth is reached again', async () => {
      const { status } = await client.post('/auth/signup', { json: ada });
      return status === 201;
    });
    assert.ok(reply);
    await stack.start('mailpit');
    await allReady();
    await mailbox.next(ada.email, 'Verify your email');
  });

  test('MongoDB last', async () => {
    await stack.compose('stop', ...OURS, 'mongo');
    await stack.start(...OURS);
    for (const service of ['auth', 'user', 'notifier'] as const) await waitsFor(service, 'mongodb');
    await stack.start('mongo');
    await allReady();
  });
});

test('neither the link of a mail nor its address is in a log, whatever the outcome', async () => {
  const ada = createUniquePerson();
  assertStatus(await client.post('/auth/signup', { json: ada }), 201);
  const { token } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
  await client.get(`/auth/verify/${token}`);
  assertStatus(await client.post(`/auth/verify/${token}`, { json: { password: ada.password } }), 200);
  await stack.compose('stop', 'auth');
  const away = await client.get(`/auth/verify/${token}`, { headers: { 'x-request-id': 'a-link-in-vain' } });
  assert.ok([502, 504].includes(away.status));
  await eventually('it is logged', async () => (await linesOf('gateway', 'a-link-in-vain')).length > 0);
  const logs = await stack.logs();
  for (const secret of [token, token.slice(0, 32), token.slice(32), ada.email, ada.username])
    assert.ok(
      !logs.includes(secret),
      logs.split('\n').find((text) => text.includes(secret)),
    );
});
