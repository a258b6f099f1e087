import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { type LineReplies, startLineServer } from '../testing/line-server.ts';
import { TEST_MAIL, testSmtpSettings, unlimited } from '../testing/smtp-client.ts';
import type { TokenSource } from './login.smtp.ts';
import { createSmtpMailer } from './mailer.smtp.ts';

const GMAIL = 'AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH';
const EXCHANGE_ONLINE = 'AUTH LOGIN XOAUTH2';

let open: { close(): unknown }[] = [];

afterEach(() => {
  for (const each of open) each.close();
  open = [];
});

function ehloWith(auth: string): string {
  return `250-here\n250-SIZE 35882577\n250-${auth}\n250 SMTPUTF8`;
}

/** Returns the command with which a client logs in with a token. */
function commandWith(token: string): string {
  return `AUTH XOAUTH2 ${Buffer.from(`user=mailer\x01auth=Bearer ${token}\x01\x01`).toString('base64')}`;
}

/** Returns the replies to the commands of XOAUTH2: a server accepts one token, and challenges the client otherwise. */
function acceptingOnly(token: string, refusal: string): LineReplies {
  return {
    AUTH: (line) =>
      line === commandWith(token)
        ? '235 2.7.0 Accepted'
        : '334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=',
    '': refusal,
  };
}

/** Returns a source of one token that becomes another when it is renewed. */
function tokensOf(token: string, renewed: string): TokenSource {
  return { token: async (renew) => (renew ? renewed : token) };
}

async function sendWith(tokens: TokenSource, replies: LineReplies) {
  const server = await startLineServer(replies);
  const mailer = createSmtpMailer(
    testSmtpSettings(server.port, { credentials: { username: 'mailer', tokens } }),
  );
  open.push(server, mailer);
  const result = await mailer.send(TEST_MAIL, unlimited());
  return { result, logins: server.heard.filter((line) => line === '' || line.startsWith('AUTH')) };
}

describe('a login with XOAUTH2', () => {
  for (const [provider, auth, refusal] of [
    [
      'Gmail',
      GMAIL,
      '535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials gsmtp',
    ],
    ['Exchange Online', EXCHANGE_ONLINE, '535 5.7.3 Authentication unsuccessful'],
    ['a server that offers nothing else', 'AUTH XOAUTH2', '535 5.7.8 Refused'],
    ['a server that does not list its mechanisms', 'SIZE', '535 5.7.8 Refused'],
  ] as const) {
    const EHLO = ehloWith(auth);

    it(`succeeds at ${provider} with a token`, async () => {
      const tokens = tokensOf('good', 'unused');
      const { result, logins } = await sendWith(tokens, { EHLO, ...acceptingOnly('good', refusal) });
      assert.deepEqual(result, { kind: 'accepted' });
      assert.deepEqual(logins, [commandWith('good')]);
    });

    it(`succeeds at ${provider} with a renewed token after a refusal`, async () => {
      const tokens = tokensOf('old', 'good');
      const { result, logins } = await sendWith(tokens, { EHLO, ...acceptingOnly('good', refusal) });
      assert.deepEqual(result, { kind: 'accepted' });
      assert.deepEqual(logins, [commandWith('old'), '', commandWith('good')]);
    });

    it(`fails at ${provider} with the refusal`, async () => {
      const tokens = tokensOf('old', 'renewed');
      const { result, logins } = await sendWith(tokens, { EHLO, ...acceptingOnly('good', refusal) });
      assert.equal(result.kind, 'unwelcome');
      const { stage, code } = 'failure' in result ? result.failure : {};
      assert.deepEqual([stage, code], ['auth', 535]);
      assert.deepEqual(logins, [commandWith('old'), '', commandWith('renewed'), '']);
    });
  }

  const EHLO = ehloWith(EXCHANGE_ONLINE);

  it('does not send a refused token again if there is no other', async () => {
    const { result, logins } = await sendWith(tokensOf('old', 'old'), {
      EHLO,
      ...acceptingOnly('good', '535 5.7.3 Authentication unsuccessful'),
    });
    const failure = { stage: 'auth', code: 535, enhanced: '5.7.3', words: 'Authentication unsuccessful' };
    assert.deepEqual(result, { kind: 'unwelcome', failure });
    assert.deepEqual(logins, [commandWith('old'), '']);
  });

  it('does not renew its token after a temporary failure', async () => {
    const { result, logins } = await sendWith(tokensOf('good', 'renewed'), {
      EHLO,
      AUTH: '454 4.7.0 Too many login attempts',
    });
    const failure = { stage: 'auth', code: 454, enhanced: '4.7.0', words: 'Too many login attempts' };
    assert.deepEqual(result, { kind: 'busy', failure });
    assert.deepEqual(logins, [commandWith('good')]);
  });

  it('reports the refusal if the server then closes the connection', async () => {
    const { result } = await sendWith(tokensOf('old', 'renewed'), {
      EHLO,
      AUTH: (line, socket) => (line === commandWith('old') ? '535 5.7.3 No' : void socket.destroy()),
    });
    const failure = { stage: 'auth', code: 535, enhanced: '5.7.3', words: 'No' };
    assert.deepEqual(result, { kind: 'unwelcome', failure });
  });

  it('fails if the server closes the connection while a token is requested', async () => {
    const { promise: greeted, resolve: greet } = Promise.withResolvers<Socket>();
    const { result } = await sendWith(
      {
        async token() {
          const socket = await greeted;
          socket.destroy();
          return new Promise(() => undefined);
        },
      },
      {
        EHLO: (_line, socket) => {
          greet(socket);
          return EHLO;
        },
      },
    );
    assert.deepEqual(result, {
      kind: 'busy',
      failure: { stage: 'auth', words: 'the connection was closed' },
    });
  });
});
