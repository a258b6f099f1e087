/** Tests invalid settings: the process must print one clear line per fault, and exit with code 1. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, type TestContext, test } from 'node:test';
import { assertStatus, createClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson } from './support/people.ts';
import { CHEAP_HASH_SETTINGS } from './support/programs.ts';
import { type ExitedProcess, runUntilExit, type Standalone, startStandalone } from './support/standalone.ts';
import type { Settings } from './support/system.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-settings-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

let running: Promise<Standalone> | undefined;
let restartable: Promise<Standalone> | undefined;
after(async () => {
  for (const standalone of [running, restartable]) await (await standalone)?.stop();
});

/**
 * Returns a server that several tests share, and starts it when it is needed for the first time. Tests must
 * not stop or change this server.
 */
function sharedStandalone(): Promise<Standalone> {
  running ??= startStandalone();
  return running;
}

/**
 * Returns a server that several tests use, one after the other, and starts it when it is needed for the first time.
 * A test may stop this server, and must start it again.
 */
function restartableStandalone(): Promise<Standalone> {
  restartable ??= startStandalone();
  return restartable;
}

/** Returns all lines that a process has printed to stdout and stderr. */
function linesOf({ stdout, stderr }: ExitedProcess): readonly string[] {
  return `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
}

/** Asserts that a process has exited with code 1 and has printed a single line, without a stack trace. */
function assertOneLine(ended: ExitedProcess, line: RegExp): void {
  assert.equal(ended.code, 1, JSON.stringify(ended));
  const lines = linesOf(ended);
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', line);
}

/**
 * Asserts that the process has printed exactly the settings in `names` to stderr, one per line, and does not
 * show their values.
 */
function assertFaults(ended: ExitedProcess, settings: Settings, names: readonly string[]): void {
  assert.equal(ended.code, 1, JSON.stringify(ended));
  assert.equal(ended.stdout, '');
  const lines = ended.stderr.trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => line.slice(0, line.indexOf(':'))).sort(), [...names].sort());
  for (const line of lines) assert.match(line, /^[A-Z_]+: \w.{5,}$/);
  for (const name of names) {
    const value = settings[name];
    if (value !== undefined) assert.ok(!ended.stderr.includes(value), `${name} shows its value`);
  }
}

describe('a wrong setting', () => {
  test('all faults are reported together, by name, and no value is shown', async (t) => {
    const settings = {
      PORT: 'eighty-eighty',
      LOG_LEVEL: 'shouting',
      ACCESS_TOKEN_MINUTES: '-15',
      REFRESH_TOKEN_DAYS: '3.75',
      VERIFICATION_TOKEN_EXPIRATION_MINUTES: '99999999',
      RESET_TOKEN_EXPIRATION_MINUTES: 'an hour',
      LIMIT_SIGNUPS_PER_IP: 'plenty',
      SIGNUP_REVEALS_EXISTING: 'perhaps',
      TRUSTED_PROXIES: '10.0.0.0/99',
      CORS_ORIGINS: 'app.example.com/path',
      PUBLIC_URL: 'ftp://accounts.example.com',
      VERIFY_LINK: 'https://app.example.com/verify',
      MAIL_PORT: '123456',
      MAIL_FROM: 'no address at all',
      MAIL_SSL_TLS: 'definitely',
      SIGNING_KEYS: '{"keys":["secret-signing-key"]}',
      EVENT_SIGNING_KEYS: '{"keys":["secret-event-key"]}',
      SEALING_PRIVATE_KEYS: 'secret-sealing-key',
      PASSWORD_SALT_KEY: 'secret-salt',
      REFRESH_KEY: 'secret-refresh',
      WEBHOOK_SECRET_KEY: 'secret-webhooks',
    };
    const DATA_DIR = join(await folderFor(t), 'data');
    assertFaults(await runUntilExit({ ...settings, DATA_DIR }), settings, Object.keys(settings));
    assert.ok(!existsSync(DATA_DIR), 'nothing was made');
  });

  test('production demands its secrets, its mail server and an https address, all at once', async (t) => {
    const missing = [
      'PUBLIC_URL',
      'MAIL_SERVER',
      'SIGNING_KEYS',
      'EVENT_SIGNING_KEYS',
      'SEALING_PUBLIC_KEY',
      'SEALING_PRIVATE_KEYS',
      'PASSWORD_SALT_KEY',
      'REFRESH_KEY',
    ];
    const DATA_DIR = join(await folderFor(t), 'data');
    const PUBLIC_URL = 'http://accounts.example.com';
    const ended = await runUntilExit({ LATCHKEY_ENV: 'production', DATA_DIR, PUBLIC_URL, LIMITS: 'off' });
    assertFaults(ended, { PUBLIC_URL }, [...missing, 'LIMITS']);
    assert.match(ended.stderr, /^PUBLIC_URL: .*https/m);
    assert.ok(!existsSync(DATA_DIR));
  });

  test('a secret given twice, or as a file that is not there, is a fault', async (t) => {
    const folder = await folderFor(t);
    const ended = await runUntilExit({
      DATA_DIR: folder,
      REFRESH_KEY: 'given-directly',
      REFRESH_KEY_FILE: join(folder, 'refresh-key'),
      PASSWORD_SALT_KEY_FILE: join(folder, 'no-such-file'),
    });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^REFRESH_KEY: give either REFRESH_KEY or REFRESH_KEY_FILE, not both$/m);
    assert.match(ended.stderr, /^PASSWORD_SALT_KEY_FILE: .*cannot be read/m);
  });

  test('development is not shown to other machines unless that is meant', async (t) => {
    const ended = await runUntilExit({ HOST: '::', DATA_DIR: await folderFor(t) });
    assertFaults(ended, {}, ['HOST']);
    assert.match(ended.stderr, /EXPOSE_DEVELOPMENT=true/);
    const exposed = await startStandalone({ HOST: '0.0.0.0', EXPOSE_DEVELOPMENT: 'true' });
    t.after(exposed.stop);
    assert.doesNotMatch(await (await fetch(exposed.url)).text(), /client\.js/);
    for (const page of ['/mailbox', '/mailbox/api/v1/messages', '/topics', '/topics/api/topics'])
      assert.equal((await fetch(exposed.url + page)).status, 404, `${page} stays away`);
  });
});

describe('a taken port', () => {
  test('is named, and what it was meant for', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const folder = await folderFor(t);
    const ended = await runUntilExit({ PORT: String(port), OPERATIONS_PORT: '0', DATA_DIR: folder });
    assertOneLine(ended, new RegExp(`port ${port} .*in use.*PORT`));
  });
});

describe('a data folder', () => {
  test('that another server holds is refused, and left alone', async () => {
    const first = await sharedStandalone();
    const ended = await runUntilExit({ DATA_DIR: first.folder });
    assertOneLine(ended, /data folder .* held by another running server/);
    assert.equal((await fetch(`${first.operations}/readyz`)).status, 200);
  });

  test('is free again after a power cut', async () => {
    const system = await restartableStandalone();
    await system.kill();
    await system.start();
    assert.equal((await fetch(`${system.operations}/readyz`)).status, 200);
  });

  test('that is a file is refused', async (t) => {
    const file = join(await folderFor(t), 'file');
    await writeFile(file, 'mine');
    assertOneLine(await runUntilExit({ DATA_DIR: file }), /data folder .*file is not a folder/);
  });

  test('that cannot be written is refused', async (t) => {
    const folder = join(await folderFor(t), 'read-only');
    await mkdir(folder, { mode: 0o555 });
    assertOneLine(
      await runUntilExit({ DATA_DIR: folder }, { mayWriteAnywhere: false }),
      /data folder .* not .*writ/,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  const damaged: Readonly<Record<string, (file: string) => Promise<void>>> = {
    'with something else for a database': (file) => writeFile(file, 'neither here nor there '.repeat(400)),
    'with the database of another application': async (file) => {
      const database = new DatabaseSync(file);
      database.exec('CREATE TABLE theirs (a)');
      database.close();
    },
  };

  for (const [title, damage] of Object.entries(damaged)) {
    test(`${title} is refused, and not overwritten`, async (t) => {
      const folder = await folderFor(t);
      const file = join(folder, 'latchkey.sqlite');
      await damage(file);
      const { size } = await stat(file);
      assertOneLine(await runUntilExit({ DATA_DIR: folder }), /data folder .* latchkey\.sqlite/);
      assert.equal((await stat(file)).size, size);
    });
  }

  test('with broken secrets is refused, and they are not shown', async (t) => {
    const folder = await folderFor(t);
    await writeFile(join(folder, 'secrets.json'), '{"REFRESH_KEY":"the-secret"');
    const ended = await runUntilExit({ DATA_DIR: folder });
    assertOneLine(ended, /secrets\.json/);
    assert.ok(!(ended.stdout + ended.stderr).includes('the-secret'));
  });

  test('opened with other keys than it was made with is refused', async () => {
    const system = await restartableStandalone();
    const ada = createUniquePerson();
    await createPersonActions(createClient(system.url), createMailbox(system.mailbox)).verified(ada);
    assert.equal(await system.end(), 0);
    const PASSWORD_SALT_KEY = Buffer.alloc(32, 7).toString('base64url');
    const ended = await runUntilExit({
      DATA_DIR: system.folder,
      PASSWORD_SALT_KEY,
      ...CHEAP_HASH_SETTINGS,
    });
    assertOneLine(ended, /PASSWORD_SALT_KEY/);
    await system.start();
    await createPersonActions(createClient(system.url), createMailbox(system.mailbox)).login(ada);
  });
});

describe('two servers', () => {
  test('with different ports and folders are independent of each other', async () => {
    const systems = [await sharedStandalone(), await restartableStandalone()];
    const [here, there] = systems.map(({ url, mailbox }) => {
      const client = createClient(url);
      return { client, people: createPersonActions(client, createMailbox(mailbox)) };
    });
    assert.ok(here && there);
    const ada = await here.people.verified(createUniquePerson());
    const { accessToken } = await here.people.login(ada);
    const login = { email: ada.email, password: ada.password };
    assertStatus(await there.client.post('/auth/login', { json: login }), 401);
    assertStatus(await there.client.get('/auth/sessions', { token: accessToken }), 401);
    assertStatus(await here.client.get('/auth/sessions', { token: accessToken }), 200);
  });
});

describe('a graceful shutdown', () => {
  test('finishes the requests in progress under load, and exits with code 0 before the time limit', async (t) => {
    const system = await restartableStandalone();
    const client = createClient(system.url);
    const answered: string[] = [];
    let ending = false;
    // Use only a few clients, so that even a busy machine can finish their requests before the process must
    // stop.
    const crowd = Array.from({ length: 5 }, async () => {
      while (!ending) {
        const guest = createUniquePerson('guest');
        const reply = await client.post('/auth/signup', { json: guest }).catch(() => undefined);
        if (reply === undefined) return;
        if (reply.status === 201) answered.push(guest.email);
        else assert.equal(reply.status, 503, reply.text);
      }
    });
    // Open a connection and send no request on it. An idle connection must not prevent the server from
    // stopping.
    const idle = connect(Number(new URL(system.url).port), '127.0.0.1').on('error', () => undefined);
    t.after(() => idle.destroy());
    await eventually('ten have signed up', () => answered.length >= 10);
    assert.equal(await system.end(), 0);
    ending = true;
    await Promise.all(crowd);

    await system.start();
    const mailbox = createMailbox(system.mailbox);
    for (const email of answered) await mailbox.next(email, 'Verify your email');
  });
});

describe('ops', () => {
  test('without arguments prints its usage; an unknown command is an error', async () => {
    const help = await runUntilExit({}, { ops: [] });
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: .*\n[\s\S]*role <email> <user\|admin>/);
    const ended = await runUntilExit({}, { ops: ['fly'] });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^ops: .+\n\nUsage: /);
    assert.equal(ended.stdout, '');
  });

  test('does not make a folder that is not there', async (t) => {
    const folder = join(await folderFor(t), 'not-there');
    const ended = await runUntilExit({ DATA_DIR: folder }, { ops: ['role', 'ada@example.com', 'admin'] });
    assertOneLine(ended, /^ops: .*data folder .*not-there/);
    assert.ok(!existsSync(folder));
  });

  test('reports that no verified account has an address', async () => {
    const system = await sharedStandalone();
    const pending = createUniquePerson('pending');
    await createPersonActions(createClient(system.url), createMailbox(system.mailbox)).signUp(pending);
    const ended = await runUntilExit({ DATA_DIR: system.folder }, { ops: ['role', pending.email, 'admin'] });
    assertOneLine(ended, /^ops: /);
  });
});
