import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { type ScriptedLineReplies, startScriptedLineServer } from '../testing/line-server.ts';
import {
  createSendOptionsWithTwoMinuteTimeout,
  createTestSmtpSettings,
  TEST_MAIL,
} from '../testing/smtp-client.ts';
import type { SmtpAccessTokenSource, SmtpPasswordMethod } from './login.smtp.ts';
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

/** Returns the SMTP command with which a client logs in with an access token. */
function commandWith(token: string): string {
  return `AUTH XOAUTH2 ${Buffer.from(`user=mailer\x01auth=Bearer ${token}\x01\x01`).toString('base64')}`;
}

/**
 * Returns the replies of a server that accepts one XOAUTH2 token, and answers any other token with a
 * challenge.
 */
function acceptingOnly(token: string, refusal: string): ScriptedLineReplies {
  return {
    AUTH: (line) =>
      line === commandWith(token)
        ? '235 2.7.0 Accepted'
        : '334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=',
    '': refusal,
  };
}

/** Creates a source of access tokens. It returns `token` or, if a renewed token is requested, `renewed`. */
function tokensOf(token: string, renewed: string): SmtpAccessTokenSource {
  return { token: async (renew) => (renew ? renewed : token) };
}

async function sendWith(tokens: SmtpAccessTokenSource, replies: ScriptedLineReplies) {
  const server = await startScriptedLineServer(replies);
  const mailer = createSmtpMailer(
    createTestSmtpSettings(server.port, { credentials: { username: 'mailer', tokens } }),
  );
  open.push(server, mailer);
  const result = await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout());
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

describe('a login with a password', () => {
  const REFUSAL = '535 5.7.8 Authentication failed';
  const CHALLENGE = '<1@here>';
  const DIGEST = createHmac('md5', 'right').update(CHALLENGE).digest('hex');

  type Refuse = (line: string, socket: Socket) => string | undefined;

  function refuse(): string {
    return REFUSAL;
  }

  function doNotKnow(): string {
    return '504 5.5.4 Unrecognized authentication type';
  }

  function refuseAndClose(_line: string, socket: Socket): undefined {
    socket.end(`${REFUSAL}\r\n`);
  }

  /**
   * The scripted test server recognizes a line by the letters at its beginning. Returns these letters for a
   * line that contains `text` in base64.
   */
  function keyOf(text: string): string {
    return /^[a-z]+/i.exec(Buffer.from(text).toString('base64'))?.[0].toUpperCase() ?? '';
  }

  /** Returns the replies of a server that offers several login mechanisms, but accepts only one of them. */
  function accepting(mechanism: string, offered: string, refuses: Refuse): ScriptedLineReplies {
    const first: Readonly<Record<string, string>> = {
      PLAIN: '235 2.7.0 Welcome',
      LOGIN: '334 VXNlcm5hbWU6',
      'CRAM-MD5': `334 ${Buffer.from(CHALLENGE).toString('base64')}`,
    };
    return {
      EHLO: ehloWith(`AUTH ${offered}`),
      AUTH(line, socket) {
        const used = line.split(' ')[1] ?? '';
        return used === mechanism ? first[used] : refuses(line, socket);
      },
      [keyOf('mailer')]: '334 UGFzc3dvcmQ6',
      [keyOf('right')]: '235 2.7.0 Welcome',
      [keyOf(`mailer ${DIGEST}`)]: '235 2.7.0 Welcome',
    };
  }

  /**
   * Creates a function that sends a mail over a new connection, and returns which login mechanisms the client
   * tried.
   */
  async function connectTo(replies: ScriptedLineReplies, method: SmtpPasswordMethod = 'auto') {
    const server = await startScriptedLineServer(replies);
    const credentials = { username: 'mailer', password: 'right', method };
    const mailer = createSmtpMailer(createTestSmtpSettings(server.port, { credentials }));
    open.push(server, mailer);
    return async () => {
      const from = server.heard.length;
      // The probe opens a new connection. If the server accepts the login, the mail is sent over the same
      // connection.
      const { kind } = await mailer.probe();
      if (kind === 'welcome')
        assert.equal(
          (await mailer.send(TEST_MAIL, createSendOptionsWithTwoMinuteTimeout())).kind,
          'accepted',
        );
      const tried = server.heard.slice(from).flatMap((line) => /^AUTH (\S+)/.exec(line)?.[1] ?? []);
      // If the server has closed the connection, the client notices this only when it sends the next command.
      // It then repeats the command over a new connection, so the server receives the command twice. Count
      // the two as one.
      return { kind, tried: tried.filter((each, index) => each !== tried[index - 1]) };
    };
  }

  for (const [what, refuses] of [
    ['refuses', refuse],
    ['does not know', doNotKnow],
    ['closes the connection after it has refused', refuseAndClose],
  ] as const) {
    it(`uses LOGIN at a server that ${what} PLAIN, and remembers it`, async () => {
      const send = await connectTo(accepting('LOGIN', 'PLAIN LOGIN', refuses));
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['PLAIN', 'LOGIN'] });
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['LOGIN'] });
    });

    it(`uses CRAM-MD5 at a server that ${what} PLAIN and LOGIN`, async () => {
      const send = await connectTo(accepting('CRAM-MD5', 'CRAM-MD5 LOGIN PLAIN', refuses));
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['PLAIN', 'LOGIN', 'CRAM-MD5'] });
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['CRAM-MD5'] });
    });

    it(`fails at a server that ${what} all mechanisms, and begins again`, async () => {
      const send = await connectTo(accepting('none', 'PLAIN CRAM-MD5', refuses));
      for (let times = 0; times < 2; times += 1)
        assert.deepEqual(await send(), { kind: 'unwelcome', tried: ['PLAIN', 'CRAM-MD5'] });
    });

    it(`fails at a server that ${what} the only mechanism that is allowed`, async () => {
      const send = await connectTo(accepting('LOGIN', 'PLAIN LOGIN', refuses), 'plain');
      for (let times = 0; times < 2; times += 1)
        assert.deepEqual(await send(), { kind: 'unwelcome', tried: ['PLAIN'] });
    });
  }

  for (const [what, atSecond] of [
    ['closes the connection at', (socket: Socket) => void socket.destroy()],
    ['answers 421 to', () => '421 4.7.0 Too many errors'],
  ] as const) {
    it(`connects again if the server ${what} the second mechanism`, async () => {
      const refused = new Set<Socket>();
      const { AUTH: _auth, ...others } = accepting('LOGIN', 'PLAIN LOGIN', refuse);
      const send = await connectTo({
        ...others,
        AUTH(line, socket) {
          if (refused.has(socket)) return atSecond(socket);
          if (line === 'AUTH LOGIN') return '334 VXNlcm5hbWU6';
          refused.add(socket);
          return REFUSAL;
        },
      });
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['PLAIN', 'LOGIN'] });
      assert.deepEqual(await send(), { kind: 'welcome', tried: ['LOGIN'] });
    });

    it(`reports the refusal of a server that always ${what} the second mechanism`, async () => {
      const send = await connectTo({
        EHLO: ehloWith('AUTH PLAIN LOGIN'),
        AUTH: (line, socket) => (line === 'AUTH LOGIN' ? atSecond(socket) : REFUSAL),
      });
      for (let times = 0; times < 2; times += 1)
        assert.deepEqual(await send(), { kind: 'unwelcome', tried: ['PLAIN', 'LOGIN'] });
    });
  }

  it('tries no other mechanism after a temporary failure', async () => {
    const send = await connectTo(accepting('LOGIN', 'PLAIN LOGIN', () => '454 4.7.0 Temporary failure'));
    for (let times = 0; times < 2; times += 1)
      assert.deepEqual(await send(), { kind: 'busy', tried: ['PLAIN'] });
  });

  it('uses a mechanism again that was refused, if all are refused later', async () => {
    let accepted = 'LOGIN';
    const send = await connectTo({
      ...accepting('LOGIN', 'PLAIN LOGIN', refuse),
      AUTH: (line) => {
        if (!line.startsWith(`AUTH ${accepted}`)) return REFUSAL;
        return accepted === 'LOGIN' ? '334 VXNlcm5hbWU6' : '235 2.7.0 Welcome';
      },
    });
    assert.deepEqual(await send(), { kind: 'welcome', tried: ['PLAIN', 'LOGIN'] });
    accepted = 'PLAIN';
    assert.deepEqual(await send(), { kind: 'unwelcome', tried: ['LOGIN'] });
    assert.deepEqual(await send(), { kind: 'welcome', tried: ['PLAIN'] });
  });
});
