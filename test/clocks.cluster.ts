/**
 * Tests that users notice nothing if, in each service, the clock of one process is 50 s ahead (docs/operating.md).
 * Requests alternate between the two processes of a service.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { type Cluster, serviceNames, startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, linkOf, type Mailbox } from './support/mailbox.ts';
import { createPersonActions, newPerson, type PersonActions } from './support/people.ts';
import { shiftedClockSettings } from './support/programs.ts';

const AHEAD_SECONDS = 50;
/** How often each request is repeated: more often than a service has processes, so that every process gets one. */
const TURNS = 3;

let cluster: Cluster;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;

before(async () => {
  cluster = await startCluster({
    settingsOfEach: (_service, index) => (index === 0 ? shiftedClockSettings(AHEAD_SECONDS * 1000) : {}),
  });
  client = createClient(cluster.url);
  mailbox = createMailbox(cluster.mailbox);
  people = createPersonActions(client, mailbox);
});

after(() => cluster?.stop());

test('sign-ups, links and sessions work at every process, and each mail comes once', async () => {
  const ada = await people.verified(newPerson());
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
  const { token } = linkOf(await mailbox.next(ada.email, 'Reset your password'));
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
