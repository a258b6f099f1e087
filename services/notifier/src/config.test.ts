import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, type Environment, formatSettingsWithoutSecrets, readConfig } from '@latchkey/process';
import { toSmtpSettings } from './adapters/settings.smtp.ts';
import { notifierSettingsSchema } from './config.ts';
import { createSealingKey } from './testing/events.ts';

const { jwk } = await createSealingKey();

const complete = {
  PUBLIC_URL: 'https://accounts.example.com',
  MAIL_SERVER: 'smtp.example.com',
  MAIL_USERNAME: 'mailer',
  MAIL_PASSWORD: 'right',
  MAIL_FROM: 'noreply@example.com',
  SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [jwk] }),
};

function faultsOf(settings: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(notifierSettingsSchema, { ...complete, ...settings });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

describe('the notifier’s settings', () => {
  it('are shown without credentials, which include the user name: some providers take a token as both', () => {
    const config = readConfig(notifierSettingsSchema, {
      ...complete,
      MAIL_USERNAME: 'a-token',
      MAIL_PASSWORD: 'a-token',
    });
    const shown = formatSettingsWithoutSecrets(notifierSettingsSchema, config);
    assert.equal(shown['MAIL_SERVER'], 'smtp.example.com');
    assert.doesNotMatch(JSON.stringify(shown), /a-token/);
  });

  it('demand TLS, credentials and a valid certificate unless told otherwise', () => {
    const config = readConfig(notifierSettingsSchema, complete);
    assert.equal(toSmtpSettings(config).port, 587);
    assert.equal(config.MAIL_STARTTLS, undefined);
    assert.equal(config.MAIL_SSL_TLS, false);
    assert.equal(config.USE_CREDENTIALS, true);
    assert.equal(config.VALIDATE_CERTS, true);
    assert.equal(toSmtpSettings(config).from.name, 'Latchkey');
  });

  it('name the product and the sender alike unless told otherwise', () => {
    function senderOf(settings: Environment) {
      return toSmtpSettings(readConfig(notifierSettingsSchema, { ...complete, ...settings })).from.name;
    }
    assert.equal(senderOf({ BRAND_NAME: 'Books' }), 'Books');
    assert.equal(senderOf({ BRAND_NAME: 'Books', MAIL_FROM_NAME: 'The librarian' }), 'The librarian');
  });

  it('report contradictions together with invalid values', () => {
    const faults = faultsOf({
      MAIL_PORT: 'many',
      MAIL_SERVER: '',
      PUBLIC_URL: 'http://accounts.example.com',
    });
    assert.deepEqual(faults.map((fault) => fault.split(':')[0]).sort(), [
      'MAIL_PORT',
      'MAIL_SERVER',
      'PUBLIC_URL',
    ]);
    assert.doesNotThrow(() => faultsOf({ PUBLIC_URL: undefined }));
  });

  for (const [wrong, settings, named] of [
    ['STARTTLS together with TLS', { MAIL_STARTTLS: 'true', MAIL_SSL_TLS: 'true' }, 'MAIL_STARTTLS'],
    ['credentials that are wanted and missing', { MAIL_PASSWORD: '' }, 'MAIL_PASSWORD'],
    ['no mail server in production', { MAIL_SERVER: '' }, 'MAIL_SERVER'],
    ['a plain PUBLIC_URL in production', { PUBLIC_URL: 'http://accounts.example.com' }, 'PUBLIC_URL'],
    ['no sender', { MAIL_FROM: '' }, 'MAIL_FROM'],
    ['a link template without a token', { VERIFY_LINK: 'https://app.example.com/' }, 'VERIFY_LINK'],
    ['a sender’s name over two lines', { MAIL_FROM_NAME: 'a\r\nBcc: b' }, 'MAIL_FROM_NAME'],
    ['a key that is none', { SEALING_PRIVATE_KEYS: '{"keys":[]}' }, 'SEALING_PRIVATE_KEYS'],
    ['a flag that is none', { MAIL_STARTTLS: 'perhaps' }, 'MAIL_STARTTLS'],
  ] as const) {
    it(`refuse ${wrong}, by name`, () => {
      const faults = faultsOf(settings);
      assert.equal(faults.length, 1);
      assert.ok(faults[0]?.startsWith(`${named}: `), faults[0]);
    });
  }

  it('need no credentials if none are used, and no mail server in development', () => {
    assert.deepEqual(faultsOf({ USE_CREDENTIALS: 'false', MAIL_USERNAME: '', MAIL_PASSWORD: '' }), []);
    assert.deepEqual(faultsOf({ LATCHKEY_ENV: 'development', MAIL_SERVER: '', MAIL_FROM: '' }), []);
  });
});

describe('settings of the mail server that cannot work', () => {
  for (const [settings, fault] of [
    [{ MAIL_SERVER: 'smtp.example.com:587' }, 'MAIL_SERVER: must be a host name without the port'],
    [{ MAIL_SERVER: 'smtp://smtp.example.com' }, 'MAIL_SERVER: must be a host name alone'],
    [{ MAIL_SERVER: 'smtp.example.com ' }, 'MAIL_SERVER: must not contain spaces'],
    [{ MAIL_SERVER: 'me@example.com' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '[::1]' }, 'MAIL_SERVER: must be an IPv6 address without brackets'],
    [{ MAIL_SERVER: '587' }, 'MAIL_SERVER: must be a host name, such as smtp.example.com: a port goes to'],
    [{ MAIL_SERVER: 'smtp.example.com:' }, 'MAIL_SERVER: must be a host name without the port'],
    [{ MAIL_SERVER: '127.1' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '0x7f.0x1' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '1.2.3.4.5' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '"smtp.example.com"' }, 'MAIL_SERVER: must not contain quotes'],
    [{ MAIL_SERVER: "'smtp.example.com'" }, 'MAIL_SERVER: must not contain quotes'],
    [{ MAIL_SERVER: 'a.example.com,b.example.com' }, 'MAIL_SERVER: must be one host name'],
    [{ MAIL_SERVER: 'a.example.com;b.example.com' }, 'MAIL_SERVER: must be one host name'],
    [{ MAIL_SERVER: '*' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '.' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: 'smtp..example.com' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: '-smtp.example.com' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: 'smtp%2eexample.com' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: 'true' }, 'MAIL_SERVER: must be a host name'],
    [{ MAIL_SERVER: 'smtp.example.com/' }, 'MAIL_SERVER: must be a host name alone'],
    [{ MAIL_SERVER: 'smtp.example.com?tls=true' }, 'MAIL_SERVER: must be a host name alone'],
    [{ MAIL_SERVER: '//smtp.example.com' }, 'MAIL_SERVER: must be a host name alone'],
    [{ MAIL_PORT: '465', MAIL_STARTTLS: 'false' }, 'MAIL_PORT: 465 is for TLS from the first byte'],
    [{ MAIL_PORT: '993', MAIL_SSL_TLS: 'true' }, 'MAIL_PORT: 993 is for reading mails (IMAP, POP3)'],
    [{ MAIL_PORT: '143' }, 'MAIL_PORT: 143 is for reading mails'],
    [{ MAIL_PORT: '995' }, 'MAIL_PORT: 995 is for reading mails'],
    [{ MAIL_PORT: '110' }, 'MAIL_PORT: 110 is for reading mails'],
    [
      { MAIL_EHLO_NAME: '192.0.2.1' },
      'MAIL_EHLO_NAME: must be a domain, such as mail.example.com, or the IP address in brackets: [192.0.2.1]',
    ],
    [
      { MAIL_EHLO_NAME: '::1' },
      'MAIL_EHLO_NAME: must be a domain, such as mail.example.com, or the IP address in brackets: [IPv6:::1]',
    ],
    [{ MAIL_EHLO_NAME: '127.1' }, 'MAIL_EHLO_NAME: must be a domain'],
    [{ MAIL_EHLO_NAME: '[mail]' }, 'MAIL_EHLO_NAME: must be a domain'],
    [{ MAIL_EHLO_NAME: '[IPv6:192.0.2.1]' }, 'MAIL_EHLO_NAME: must be a domain'],
    [{ PUBLIC_URL: 'https://ada:right@accounts.example.com' }, 'PUBLIC_URL: must contain no user name'],
    [{ PUBLIC_URL: 'https://accounts.example.com/a/../b' }, 'PUBLIC_URL: must contain neither'],
    [{ MAIL_PORT: '465' }, 'MAIL_PORT: 465 is for TLS from the first byte: set MAIL_SSL_TLS=true'],
    [{ MAIL_PORT: '587', MAIL_SSL_TLS: 'true' }, 'MAIL_PORT: 587 is for STARTTLS: use MAIL_PORT=465'],
    [{ MAIL_FROM: 'noreply' }, 'MAIL_FROM: must have a domain'],
    [{ MAIL_FROM: 'Example <noreply@example.com>' }, 'MAIL_FROM: must be the address alone'],
    [{ MAIL_FROM: 'größe@example.com' }, 'MAIL_FROM: must be ASCII before the @'],
    [{ MAIL_EHLO_NAME: 'my host' }, 'MAIL_EHLO_NAME: must be a domain'],
    [{ MAIL_AUTH: 'ntlm' }, 'MAIL_AUTH: '],
    [{ MAIL_AUTH: 'xoauth2' }, 'MAIL_OAUTH_TOKEN_URL: is required with MAIL_AUTH=xoauth2'],
    [{ MAIL_OAUTH_TOKEN_FILE: '/run/token' }, 'MAIL_AUTH: must be xoauth2'],
  ] as const) {
    it(`are refused with what to write instead: ${JSON.stringify(settings)}`, () => {
      const [first, ...others] = faultsOf(settings);
      assert.ok(first?.startsWith(fault), first);
      assert.deepEqual(others, []);
    });
  }

  it('are distinguished from those that can', () => {
    for (const MAIL_SERVER of [
      '::1',
      '127.0.0.1',
      'localhost',
      'bücher.example',
      'smtp-relay.gmail.com',
      'SMTP.example.com.',
      'mail_server',
      '1and1.example',
    ])
      assert.deepEqual(faultsOf({ MAIL_SERVER }), []);
    for (const MAIL_PORT of ['25', '2525', '588']) assert.deepEqual(faultsOf({ MAIL_PORT }), []);
    assert.deepEqual(faultsOf({ MAIL_PORT: '465', MAIL_SSL_TLS: 'true' }), []);
    const token = { MAIL_AUTH: 'xoauth2', MAIL_OAUTH_TOKEN_FILE: '/run/token', MAIL_PASSWORD: '' };
    assert.deepEqual(faultsOf(token), []);
  });
});

describe('the mail server', () => {
  function serverOf(settings: Record<string, string>) {
    const config = readConfig(notifierSettingsSchema, { ...complete, ...settings });
    return toSmtpSettings(config, config.PUBLIC_URL);
  }

  it('is reached at port 465 with TLS from the first byte, else at 587', () => {
    assert.equal(serverOf({ MAIL_SSL_TLS: 'true' }).port, 465);
    assert.equal(serverOf({}).port, 587);
  });

  it('gets a sender in Punycode', () => {
    const { from } = serverOf({ MAIL_FROM: 'noreply@bücher.example' });
    assert.equal(from.address, 'noreply@xn--bcher-kva.example');
  });

  it('is greeted with a domain: the given one, that of PUBLIC_URL, or that of the sender', () => {
    assert.equal(serverOf({ MAIL_EHLO_NAME: 'mail.example.com' }).ehloName, 'mail.example.com');
    assert.equal(serverOf({}).ehloName, 'accounts.example.com');
    assert.equal(serverOf({ MAIL_EHLO_NAME: '[192.0.2.1]' }).ehloName, '[192.0.2.1]');
    for (const MAIL_EHLO_NAME of ['[IPv6:2001:db8::1]', '[2001:db8::1]', '[ipv6:2001:db8::1]'])
      assert.equal(serverOf({ MAIL_EHLO_NAME }).ehloName, '[IPv6:2001:db8::1]');
    for (const host of ['localhost:8080', '10.0.0.1', 'gateway'])
      assert.equal(
        serverOf({ LATCHKEY_ENV: 'development', PUBLIC_URL: `http://${host}` }).ehloName,
        'example.com',
      );
  });

  it('gets five connections, unless the settings say otherwise', () => {
    assert.equal(serverOf({}).connections, 5);
    assert.equal(serverOf({ MAIL_CONNECTIONS: '3' }).connections, 3);
  });

  it('is waited for as RFC 5321 asks, unless the settings say less', () => {
    const { greeting, data, content } = serverOf({}).waits ?? {};
    assert.deepEqual([greeting, data, content], [300_000, 120_000, 600_000]);
    assert.equal(serverOf({ MAIL_WAIT_SECONDS: '10' }).waits?.content, 10_000);
  });
});

describe('settings of bounces and complaints', () => {
  const KEY = Buffer.alloc(32, 7).toString('base64');
  const bounces = {
    MAIL_BOUNCE_DOMAIN: 'Bounces.example.com.',
    MAIL_BOUNCE_KEY: KEY,
    MAIL_BOUNCE_PORT: '2525',
  };

  it('give each mail a return path of its own', () => {
    const { returnPathOf } = toSmtpSettings(readConfig(notifierSettingsSchema, { ...complete, ...bounces }));
    const path = returnPathOf?.('6e73bb0a-007d-5cbd-a2dc-baf2ea772706');
    assert.match(path ?? '', /^b-6e73bb0a007d5cbda2dcbaf2ea772706-[0-9a-f]{20}@bounces\.example\.com$/);
    assert.equal(toSmtpSettings(readConfig(notifierSettingsSchema, complete)).returnPathOf, undefined);
  });

  it('take several keys, the newest first', () => {
    const newest = Buffer.alloc(32, 8).toString('base64');
    const { MAIL_BOUNCE_KEY } = readConfig(notifierSettingsSchema, {
      ...complete,
      ...bounces,
      MAIL_BOUNCE_KEY: JSON.stringify({
        keys: [
          { kty: 'oct', kid: 'b', k: newest },
          { kty: 'oct', k: KEY },
        ],
      }),
    });
    assert.deepEqual(
      MAIL_BOUNCE_KEY?.map(({ bytes }) => bytes.toString('base64')),
      [newest, KEY],
    );
  });

  it('say what is missing or wrong, and never a secret', () => {
    for (const [settings, fault] of [
      [{ ...bounces, MAIL_BOUNCE_KEY: '' }, /^MAIL_BOUNCE_KEY: is required with MAIL_BOUNCE_DOMAIN$/],
      [{ MAIL_BOUNCE_PORT: '2525' }, /^MAIL_BOUNCE_DOMAIN: is required with MAIL_BOUNCE_PORT$/],
      [{ MAIL_BOUNCE_KEY: KEY }, /^MAIL_BOUNCE_DOMAIN: is required with MAIL_BOUNCE_KEY$/],
      [
        { ...bounces, MAIL_BOUNCE_KEY: 'c2hvcnQ' },
        /^MAIL_BOUNCE_KEY: must be 32 random bytes or more in base64url$/,
      ],
      [{ ...bounces, MAIL_BOUNCE_KEY: '{"keys":[]}' }, /^MAIL_BOUNCE_KEY: .* or a JWKS of such keys/],
      [{ ...bounces, MAIL_BOUNCE_DOMAIN: 'a@b' }, /^MAIL_BOUNCE_DOMAIN: must be a domain, such as /],
      [{ MAIL_SES_TOPIC_ARN: 'bounces' }, /^MAIL_SES_TOPIC_ARN: must be the ARN of an SNS topic, such as /],
      [{ MAIL_POSTMARK_CREDENTIALS: 'postmark:short' }, /^MAIL_POSTMARK_CREDENTIALS: must be user:password/],
    ] as const)
      assert.match(faultsOf(settings).join('; '), fault);
  });
});
