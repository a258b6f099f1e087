/**
 * Tests that users notice nothing if, in each service, the clock of one process is 50 s ahead (docs/operating.md), and
 * that a process whose clock is 20 days ahead destroys nothing.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { type Cluster, serviceNames, startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson, type PersonActions } from './support/people.ts';
import { createShiftedClockSettings } from './support/programs.ts';
import type { ServerProcess } from './support/server-process.ts';

const AHEAD_SECONDS = 50;
/**
 * How often each request is sent: more often than a service has processes, so that each process gets it at
 * least once.
 */
const TURNS = 3;

describe('with a clock that is 50 s ahead', () => {
  let cluster: Cluster;
  let client: Client;
  let mailbox: Mailbox;
  let people: PersonActions;

  before(async () => {
    // Shift the clock of one of the two processes of each service. The load balancer sends requests to both
    // in turn.
    cluster = await startCluster({
      settingsOfEach: (_service, index) =>
        index === 0 ? createShiftedClockSettings(AHEAD_SECONDS * 1000) : {},
    });
    client = createClient(cluster.url);
    mailbox = createMailbox(cluster.mailbox);
    people = createPersonActions(client, mailbox);
  });

  after(() => cluster?.stop());

  test('sign-ups, links and sessions work at every process, and each mail comes once', async () => {
    const ada = await people.verified(createUniquePerson());
    let { accessToken, refreshToken } = await people.login(ada);
    for (let turn = 0; turn < TURNS; turn += 1) {
      const changed = await client.patch('/auth/profile', {
        token: accessToken,
        json: { firstName: `Ada ${turn}` },
      });
      assertStatus(changed, 200);
      const seen = await people.me(accessToken, changed.headers.get('account-sequence'));
      assert.equal(assertStatus(seen, 200).json.firstName, `Ada ${turn}`);

      const [first, second] = await Promise.all(
        [refreshToken, refreshToken].map((token) =>
          client.post('/auth/refresh', { json: { refreshToken: token } }),
        ),
      );
      assert.ok(first && second);
      ({ accessToken, refreshToken } = assertStatus(first, 200).json);
      assert.equal(assertStatus(second, 200).json.refreshToken, refreshToken);
    }

    assertStatus(await client.post('/auth/password-reset-request', { json: { email: ada.email } }), 202);
    const { token } = extractLink(await mailbox.next(ada.email, 'Reset your password'));
    const password = `another password of ${ada.username}`;
    const json = { newPassword: password, confirmNewPassword: password };
    assertStatus(await client.post(`/auth/password-reset-confirm/${token}`, { json }), 200);
    await people.login({ email: ada.email, password });
    await mailbox.next(ada.email, 'Your password was changed');
    const subjects = (await mailbox.to(ada.email)).map(({ subject }) => subject);
    assert.deepEqual(new Set(subjects).size, subjects.length);
  });

  test('the difference is reported by the processes that are ahead', async () => {
    for (const service of serviceNames) {
      const [ahead, right] = cluster.instances[service];
      assert.ok(ahead && right);
      await eventually(`${service} has measured it`, async () => {
        const text = await (await fetch(`${ahead.operations}/metrics`)).text();
        const [, seconds = '0'] = /latchkey_clock_skew_seconds\{against="mongo[^}]*\} (\S+)/.exec(text) ?? [];
        return Math.abs(Number(seconds) - AHEAD_SECONDS) < AHEAD_SECONDS / 2;
      });
      await eventually(`${service} reports it`, async () =>
        (await (await fetch(`${ahead.operations}/readyz`)).text()).includes('"clock"'),
      );
    }
  });
});

describe('with a clock that is 20 days ahead from the start on', () => {
  const settings = createShiftedClockSettings(20 * 86_400_000);
  let cluster: Cluster;
  let database: MongoClient;
  let client: Client;
  let mailbox: Mailbox;
  let people: PersonActions;

  before(async () => {
    cluster = await startCluster({ instances: { auth: 1, user: 1, notifier: 1 } });
    database = await MongoClient.connect(cluster.stores.MONGO_URL);
    client = createClient(cluster.url);
    mailbox = createMailbox(cluster.mailbox);
    people = createPersonActions(client, mailbox);
  });

  after(async () => {
    await database?.close();
    await cluster?.stop();
  });

  /**
   * Stops the only process of a service, and replaces it by a process with a wrong clock while `work` runs.
   * Then starts the original process again.
   */
  async function whileLate(service: 'auth' | 'notifier', work: (late: ServerProcess) => Promise<void>) {
    const [right] = cluster.instances[service];
    assert.ok(right);
    await right.end('SIGTERM');
    const late = await cluster.another(service, settings);
    late.launch();
    try {
      await late.ready();
      await work(late);
    } finally {
      await late.end('SIGTERM');
      right.launch();
      await right.ready();
    }
  }

  test('auth ends no sign-up, no session and no account, and says why', async () => {
    const pending = createUniquePerson('pending');
    assertStatus(await people.signUp(pending), 201);
    const verification = extractLink(await mailbox.next(pending.email, 'Verify your email'));
    const member = await people.verified(createUniquePerson('member'));
    const { refreshToken } = await people.login(member);
    const leaver = await people.verified(createUniquePerson('leaver'));
    const { accessToken: token } = await people.login(leaver);
    const { password } = leaver;
    assertStatus(await client.post('/auth/account/erase', { token, json: { password } }), 202);
    const erasure = extractLink(await mailbox.next(leaver.email, 'Your account will be erased'));

    await whileLate('auth', async (late) => {
      for (const job of ['eraser', 'cleanup'])
        await eventually(`the ${job} has refused to run`, async () =>
          late
            .output()
            .split('\n')
            .some((line) => line.includes(`"job":"${job}"`) && line.includes('1728000 s ahead of mongodb')),
        );
      const readiness = await fetch(`${late.operations}/readyz`);
      assert.match(await readiness.text(), /"name":"clock","state":"degraded".*1728000 s ahead of mongodb/);
    });

    assertStatus(await client.post('/auth/refresh', { json: { refreshToken } }), 200);
    assertStatus(
      await client.post(`/auth/verify/${verification.token}`, { json: { password: pending.password } }),
      200,
    );
    assertStatus(await client.post(`/auth/erase/${erasure.token}`), 200);
    await people.login(leaver);
  });

  test('the notifier ends no mail', async () => {
    const { email } = await people.verified(createUniquePerson());
    const deliveries = database
      .db(new URL(cluster.stores.MONGO_URL).pathname.slice(1))
      .collection('notifier_deliveries');
    await whileLate('notifier', async () => {
      assertStatus(await client.post('/auth/password-reset-request', { json: { email } }), 202);
      await eventually('the mail is stored', async () => {
        const found = await deliveries.find({ mail: 'reset-password' }).toArray();
        return found.length === 1;
      });
    });
    await mailbox.next(email, 'Reset your password');
  });
});
