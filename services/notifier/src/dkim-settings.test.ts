import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { ConfigError, readConfig } from '@latchkey/process';
import { z } from 'zod';
import { generateDkimKey } from './dkim-key.ts';
import { dkimSettingFields, findDkimSettingFaults, toDkimSigningSettings } from './dkim-settings.ts';

const privateKey = generateDkimKey();
const given = {
  MAIL_DKIM_DOMAIN: 'example.com',
  MAIL_DKIM_SELECTOR: 'latchkey1',
  MAIL_DKIM_PRIVATE_KEY: privateKey,
};

function read(settings: Readonly<Record<string, string | undefined>>) {
  return readConfig(z.object(dkimSettingFields), settings);
}

function faultsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  try {
    return findDkimSettingFaults({ ...read(settings), MAIL_FROM: settings['MAIL_FROM'] }).map((fault) =>
      fault.join(': '),
    );
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

describe('the settings of DKIM', () => {
  it('are none, or all', () => {
    assert.equal(toDkimSigningSettings(read({})), undefined);
    assert.deepEqual(faultsOf({}), []);
    assert.deepEqual(toDkimSigningSettings(read(given)), {
      domain: 'example.com',
      selector: 'latchkey1',
      privateKey,
    });
    assert.deepEqual(faultsOf({ MAIL_DKIM_DOMAIN: 'example.com' }), [
      'MAIL_DKIM_SELECTOR: is required with MAIL_DKIM_DOMAIN',
      'MAIL_DKIM_PRIVATE_KEY: is required with MAIL_DKIM_DOMAIN',
    ]);
  });

  it('take several keys, the newest first, whose ids are their names', () => {
    const [newest, former] = [generateDkimKey(), privateKey].map((pem) =>
      createPrivateKey(pem).export({ format: 'jwk' }),
    );
    const settings = {
      MAIL_DKIM_DOMAIN: 'example.com',
      MAIL_DKIM_PRIVATE_KEY: JSON.stringify({ keys: [{ ...newest, kid: 'latchkey2' }, former] }),
    };
    assert.deepEqual(faultsOf(settings), []);
    const signing = toDkimSigningSettings(read({ ...settings, MAIL_DKIM_SELECTOR: 'latchkey1' }));
    assert.equal(signing?.selector, 'latchkey2');
    assert.deepEqual(createPrivateKey(signing?.privateKey ?? '').export({ format: 'jwk' }), newest);
    const back = { ...settings, MAIL_DKIM_PRIVATE_KEY: JSON.stringify({ keys: [former] }) };
    assert.equal(
      toDkimSigningSettings(read({ ...back, MAIL_DKIM_SELECTOR: 'latchkey1' }))?.selector,
      'latchkey1',
    );
    assert.deepEqual(faultsOf(back), [
      'MAIL_DKIM_SELECTOR: is required with MAIL_DKIM_DOMAIN and MAIL_DKIM_PRIVATE_KEY',
    ]);
    const twice = { ...settings, MAIL_DKIM_PRIVATE_KEY: JSON.stringify({ keys: [newest, former] }) };
    assert.deepEqual(faultsOf(twice), ['MAIL_DKIM_PRIVATE_KEY: two keys have the same kid']);
    const { d: _, ...publicPart } = newest ?? {};
    for (const keys of [[], [publicPart], [{ kty: 'oct', k: 'a' }], [{ ...newest, kid: 'a b' }]])
      assert.match(
        faultsOf({ ...settings, MAIL_DKIM_PRIVATE_KEY: JSON.stringify({ keys }) }).join(),
        /^MAIL_DKIM_PRIVATE_KEY: must be a private RSA key/,
      );
  });

  it('take a key in one line, and a domain in any script', () => {
    const settings = {
      ...given,
      MAIL_DKIM_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
      MAIL_DKIM_DOMAIN: 'Münze.example.',
    };
    const dkim = toDkimSigningSettings(read(settings));
    assert.equal(dkim?.privateKey, privateKey);
    assert.equal(dkim?.domain, 'xn--mnze-0ra.example');
  });

  it('must sign for the domain of the sender, or one above or below', () => {
    for (const from of ['a@example.com', 'a@mail.example.com'])
      assert.deepEqual(faultsOf({ ...given, MAIL_FROM: from }), []);
    assert.deepEqual(faultsOf({ ...given, MAIL_FROM: 'a@badexample.com' }), [
      'MAIL_DKIM_DOMAIN: must be the domain of MAIL_FROM (badexample.com), or DMARC ignores the signature',
    ]);
  });

  it('say what a key must be, without the key', () => {
    const faults = faultsOf({ ...given, MAIL_DKIM_PRIVATE_KEY: 'secret words' });
    assert.match(faults.join(), /^MAIL_DKIM_PRIVATE_KEY: must be a private RSA key .*ops mail dkim/);
    assert.ok(!faults.join().includes('secret words'));
    assert.match(
      faultsOf({ ...given, MAIL_DKIM_SELECTOR: 'a b' }).join(),
      /^MAIL_DKIM_SELECTOR: must be a name in DNS/,
    );
    assert.match(
      faultsOf({ ...given, MAIL_DKIM_DOMAIN: 'https://example.com' }).join(),
      /^MAIL_DKIM_DOMAIN: must be a domain/,
    );
  });
});
