import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { authenticateClient, openServiceClients } from '@latchkey/clients';
import { openSqlite } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

async function emptyFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  await openSqlite({ folder, as: 'server' }).close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder }, 'clients', ...words);
  }
  async function scopeOf(key: string, scope: 'introspect' | 'events') {
    const store = openSqlite({ folder, as: 'shared' });
    const { clients } = openServiceClients(store);
    const asked = { authorization: `Bearer ${key}`, scope, now: new Date() };
    return (await authenticateClient(clients, asked).finally(() => store.close()))?.name;
  }
  return { ops, scopeOf };
}

function keyIn(out: string): { readonly id: string; readonly key: string } {
  const [, id = '', key = ''] = /^client {2}(\w+) .*\nkey {5}(\S+)$/m.exec(out) ?? [];
  assert.match(key, /^latchkey_/);
  return { id, key };
}

test('a client is added, listed without its key, rotated and revoked', async (t) => {
  const { ops, scopeOf } = await emptyFolder(t);
  assert.equal((await ops('list')).out, 'There are no service clients.\n');

  const { id, key } = keyIn((await ops('add', 'books', '--scope', 'introspect')).out);
  assert.equal(await scopeOf(key, 'introspect'), 'books');
  assert.equal(await scopeOf(key, 'events'), undefined);
  const listed = await ops('list', '--json');
  assert.ok(!listed.out.includes(key));
  const { createdAt: _, ...row } = JSON.parse(listed.out);
  assert.deepEqual(row, { id, name: 'books', scopes: ['introspect'], person: false, keys: 1 });

  const second = keyIn((await ops('rotate', id)).out).key;
  for (const valid of [key, second]) assert.equal(await scopeOf(valid, 'introspect'), 'books');
  const third = keyIn((await ops('rotate', id, '--overlap-hours', '0')).out).key;
  for (const ended of [key, second]) assert.equal(await scopeOf(ended, 'introspect'), undefined);
  assert.equal(await scopeOf(third, 'introspect'), 'books');

  assert.equal((await ops('revoke', id)).out, `${id}: revoked.\n`);
  assert.equal(await scopeOf(third, 'introspect'), undefined);
  for (const command of ['revoke', 'rotate']) {
    const again = await ops(command, id);
    assert.deepEqual([again.code, again.err], [1, `ops: there is no client ${id}: see \`clients list\`\n`]);
  }
});

test('a client cannot have the name of a service of Latchkey, which confirms erasures under it', async (t) => {
  const { ops } = await emptyFolder(t);
  for (const name of ['auth', 'user', 'notifier']) {
    const { code, err } = await ops('add', name, '--scope', 'events');
    assert.deepEqual(
      [code, err],
      [1, `ops: ${name} is a service of Latchkey: give the client another name\n`],
    );
  }
  assert.equal((await ops('list')).out, 'There are no service clients.\n');
});

test('a reader of events has its types, and personal data only if it is given', async (t) => {
  const { ops, scopeOf } = await emptyFolder(t);
  const types = ['--types', 'UserRegistered,ProfileChanged'];
  const { key } = keyIn((await ops('add', 'search', '--scope', 'events', '--person', ...types)).out);
  assert.equal(await scopeOf(key, 'events'), 'search');
  assert.match((await ops('list')).out, /search +events +UserRegistered,ProfileChanged +yes/);
});

test('a wrong name, scope or type is an error that lists the valid ones', async (t) => {
  const { ops } = await emptyFolder(t);
  const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [['add', 'my books', '--scope', 'events'], /letters, digits/],
    [['add', 'books'], /--scope/],
    [['add', 'books', '--scope', 'everything'], /introspect, events/],
    [['add', 'books', '--scope', 'events', '--types', 'UserGone'], /UserGone\. Types: UserRegistered/],
    [
      ['add', 'books', '--scope', 'events', '--types', 'MailBounced'],
      /called MailBounced\. Types: .*AccountErased\.$/m,
    ],
    [['add', 'books', '--scope', 'introspect', '--person'], /add `--scope events`/],
  ];
  for (const [words, message] of wrong) {
    const { code, err } = await ops(...words);
    assert.equal(code, 1);
    assert.match(err, message);
  }
  assert.equal((await ops('list')).out, 'There are no service clients.\n');
});
