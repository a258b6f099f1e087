/** `ops mail test` at servers that fail at one stage: it says where, in the server's words, and what to change. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runHere } from '../../apps/ops/src/testing/run-here.ts';
import { type RecipientScript, type SessionScript, startScriptedServer } from './scripted-server.ts';

const TO = 'ada@example.com';

interface Case {
  readonly source: string;
  readonly session?: SessionScript;
  readonly recipient?: RecipientScript;
  readonly settings?: Readonly<Record<string, string>>;
  /** What it prints at the end. Default: the mail is accepted. */
  readonly fails?: RegExp;
  /** The setting that it names. */
  readonly names?: RegExp;
}

const LOGIN = { USE_CREDENTIALS: 'true', MAIL_USERNAME: 'mailer', MAIL_PASSWORD: 'right' };

const CHALLENGE = '<1.2@here>';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Accepts only one mechanism, with the right user name and password. */
function accepting(mechanism: 'PLAIN' | 'LOGIN') {
  const secrets = [base64('mailer'), base64('right')];
  return (line: string): string => {
    if (line === `AUTH PLAIN ${base64('\0mailer\0right')}` && mechanism === 'PLAIN')
      return '235 2.7.0 Welcome';
    if (line === 'AUTH LOGIN' && mechanism === 'LOGIN') return '334 VXNlcm5hbWU6';
    if (line === secrets[0]) return '334 UGFzc3dvcmQ6';
    return line === secrets[1] ? '235 2.7.0 Welcome' : '535 5.7.8 Authentication credentials invalid';
  };
}

const cases: Readonly<Record<string, Case>> = {
  'that accepts the mail': { source: 'RFC 5321 4.2.3' },
  'that greets with 554': {
    source: 'RFC 5321 3.1',
    session: { greeting: '554 No SMTP service here' },
    fails: /^Failed at the greeting: 554 No SMTP service here$/m,
    names: /MAIL_PORT/,
  },
  'that greets with 421': {
    source: 'RFC 5321 3.8',
    session: { greeting: '421 4.3.2 Too busy' },
    fails: /^Failed at the greeting: 421 4\.3\.2 Too busy$/m,
  },
  'that closes the connection at once': {
    source: 'RFC 5321 3.8',
    session: { greeting: 'drop' },
    fails: /^Failed at the greeting: the connection was closed/m,
  },
  'that does not greet': {
    source: 'RFC 5321 4.5.3.2.1',
    session: { greeting: 'stall' },
    settings: { MAIL_WAIT_SECONDS: '1' },
    fails: /^Failed at the greeting: no answer in time$/m,
    names: /465 needs MAIL_SSL_TLS=true/,
  },
  'that knows only HELO': { source: 'RFC 5321 4.1.1.1', session: { ehlo: '502 5.5.1 Not implemented' } },
  'that refuses our name': {
    source: 'RFC 5321 4.1.4',
    session: { ehlo: '550 5.7.1 Bad name', helo: '550 5.7.1 Bad name' },
    fails: /^Failed at EHLO: 550 5\.7\.1 Bad name$/m,
    names: /MAIL_EHLO_NAME/,
  },
  'that has no TLS': {
    source: 'RFC 3207 4',
    settings: { MAIL_STARTTLS: 'true' },
    fails: /^Failed at TLS: 454 4\.7\.0 TLS not available$/m,
    names: /MAIL_STARTTLS/,
  },
  'that speaks plain text where TLS is expected': {
    source: 'RFC 8314 3.3',
    settings: { MAIL_SSL_TLS: 'true', MAIL_STARTTLS: 'false' },
    fails: /^Failed at TLS: .*wrong version number/m,
    names: /MAIL_SSL_TLS/,
  },
  'that refuses the login': {
    source: 'RFC 4954 6',
    session: { ehlo: '250-here\n250 AUTH PLAIN', auth: () => '535 5.7.8 Authentication credentials invalid' },
    settings: LOGIN,
    fails: /^Failed at AUTH: 535 5\.7\.8 Authentication credentials invalid$/m,
    names: /MAIL_USERNAME, MAIL_PASSWORD/,
  },
  'that takes PLAIN': {
    source: 'RFC 4616',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: accepting('PLAIN') },
    settings: LOGIN,
  },
  'that offers PLAIN, but takes only LOGIN': {
    source: 'draft-murchison-sasl-login',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: accepting('LOGIN') },
    settings: LOGIN,
  },
  'that offers only LOGIN, in the old form': {
    source: 'Exchange 2000: AUTH=LOGIN',
    session: { ehlo: '250-here\n250-AUTH=LOGIN\n250 SIZE', auth: accepting('LOGIN') },
    settings: LOGIN,
  },
  'that takes LOGIN, where PLAIN is demanded': {
    source: 'RFC 4954 4',
    session: { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: accepting('LOGIN') },
    settings: { ...LOGIN, MAIL_AUTH: 'plain' },
    fails: /^Failed at AUTH: 535/m,
  },
  'that takes CRAM-MD5': {
    source: 'RFC 2195',
    session: {
      ehlo: '250-here\n250 AUTH CRAM-MD5',
      auth: (line) => {
        if (line === 'AUTH CRAM-MD5') return `334 ${base64(CHALLENGE)}`;
        const digest = createHmac('md5', LOGIN.MAIL_PASSWORD).update(CHALLENGE).digest('hex');
        return line === base64(`mailer ${digest}`) ? '235 2.7.0 Welcome' : '535 5.7.8 No';
      },
    },
    settings: { ...LOGIN, MAIL_AUTH: 'cram-md5' },
  },
  'that demands a login': {
    source: 'RFC 4954 6',
    session: { mail: '530 5.7.0 Authentication required' },
    fails: /^Failed at MAIL FROM: 530 5\.7\.0 Authentication required$/m,
    names: /USE_CREDENTIALS=true/,
  },
  'that refuses the sender': {
    source: 'RFC 3463 X.1.8',
    session: { mail: '550 5.1.8 <no-reply@example.com>: Sender address rejected' },
    fails: /^Failed at MAIL FROM: 550 5\.1\.8 <…>: Sender address rejected$/m,
    names: /MAIL_FROM/,
  },
  'that does not relay': {
    source: 'RFC 3463 X.7.1',
    recipient: { rcpt: ['554 5.7.1 <ada@example.com>: Relay access denied'] },
    fails: /^Failed at RCPT TO: 554 5\.7\.1 <…>: Relay access denied$/m,
    names: /MAIL_USERNAME/,
  },
  'that refuses the content': {
    source: 'RFC 3463 X.7.1',
    recipient: { content: ['550 5.7.1 Rejected by policy'] },
    fails: /^Failed at the end of the mail: 550 5\.7\.1 Rejected by policy$/m,
    names: /MAIL_FROM/,
  },
};

function settingsFor(port: number): Readonly<Record<string, string>> {
  return {
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@example.com',
  };
}

// At the same time: most of it is waiting.
describe('a test of a mail server', { concurrency: true }, () => {
  for (const [
    name,
    { source, session = {}, recipient = {}, settings, fails, names = /MAIL_/ },
  ] of Object.entries(cases)) {
    test(`${name} (${source})`, async () => {
      await using server = await startScriptedServer({ session, recipient: () => recipient });
      const { code, out, err } = await runHere(
        { ...settingsFor(server.port), ...settings },
        'mail',
        'test',
        TO,
      );
      assert.equal(err, '');
      assert.match(out, /^connecting +\d+ ms {2}connected to 127\.0\.0\.1$/m);
      assert.doesNotMatch(out, /no-reply@|: right|cmlnaHQ/);
      assert.equal(code, fails ? 1 : 0, out);
      assert.match(out, fails ?? /^The mail server accepted the mail to ada@example\.com\.$/m);
      if (fails) assert.match(out.trimEnd().split('\n').at(-1) ?? '', names);
      assert.equal(server.to(TO).length, fails ? 0 : 1);
      assert.ok(!server.heard.some((line) => line.includes('[127.0.0.1]')), 'it calls itself by its domain');
    });
  }

  test('that cannot be reached names the server and the port', async () => {
    const closed = await startScriptedServer();
    await closed[Symbol.asyncDispose]();
    const { code, out } = await runHere(settingsFor(closed.port), 'mail', 'test', TO);
    assert.equal(code, 1);
    assert.match(out, /^Failed at connecting: connect ECONNREFUSED .*\nCheck MAIL_SERVER and MAIL_PORT/m);
  });

  test('without a mail server says which setting is missing', async () => {
    const { code, err } = await runHere({}, 'mail', 'test', TO);
    assert.deepEqual([code, err], [1, 'ops: MAIL_SERVER: is required\n']);
  });
});

describe('XOAUTH2', { concurrency: true }, () => {
  function auth(token: string) {
    return (line: string): string => {
      if (line === '') return '535 5.7.3 Authentication unsuccessful';
      const expected = base64(`user=mailer\u0001auth=Bearer ${token}\u0001\u0001`);
      return line === `AUTH XOAUTH2 ${expected}` ? '235 2.7.0 Welcome' : `334 ${base64('{"status":"401"}')}`;
    };
  }

  async function testWith(token: string, settings: Readonly<Record<string, string>>) {
    const session = { ehlo: '250-here\n250 AUTH XOAUTH2', auth: auth(token) };
    await using server = await startScriptedServer({ session });
    const login = { USE_CREDENTIALS: 'true', MAIL_USERNAME: 'mailer', MAIL_AUTH: 'xoauth2' };
    return await runHere({ ...settingsFor(server.port), ...login, ...settings }, 'mail', 'test', TO);
  }

  test('logs in with the token of a file', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-token-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    await writeFile(file, 'from-the-file\n');
    const right = await testWith('from-the-file', { MAIL_OAUTH_TOKEN_FILE: file });
    assert.equal(right.code, 0, right.out);
    const wrong = await testWith('another', { MAIL_OAUTH_TOKEN_FILE: file });
    assert.match(wrong.out, /^Failed at AUTH: 535 5\.7\.3 Authentication unsuccessful$/m);
    const missing = await testWith('another', { MAIL_OAUTH_TOKEN_FILE: join(folder, 'none') });
    assert.match(missing.out, /^Failed at AUTH: the file of MAIL_OAUTH_TOKEN_FILE cannot be read$/m);
  });

  test('asks for a token by the refresh token, and again where that is refused', async (t) => {
    const asked: Record<string, string>[] = [];
    const endpoint = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      asked.push(Object.fromEntries(new URLSearchParams(body)));
      const token = { access_token: `issued-${asked.length}`, expires_in: 3600, token_type: 'Bearer' };
      const isKnown = body.includes('refresh_token=known');
      response.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(isKnown ? token : { error: 'invalid_grant', error_description: 'Revoked' }),
      );
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    t.after(() => endpoint.close());
    const settings = {
      MAIL_OAUTH_TOKEN_URL: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`,
      MAIL_OAUTH_CLIENT_ID: 'client',
      MAIL_OAUTH_CLIENT_SECRET: 'hush',
      MAIL_OAUTH_REFRESH_TOKEN: 'known',
    };
    const { code, out } = await testWith('issued-2', settings);
    assert.equal(code, 0, out);
    assert.deepEqual(asked[0], {
      client_id: 'client',
      client_secret: 'hush',
      grant_type: 'refresh_token',
      refresh_token: 'known',
    });
    const revoked = await testWith('issued-2', { ...settings, MAIL_OAUTH_REFRESH_TOKEN: 'gone' });
    assert.match(revoked.out, /^Failed at AUTH: the token endpoint answered 400 invalid_grant: Revoked$/m);
    assert.doesNotMatch(out + revoked.out, /hush|issued/);
  });
});
