import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { generateEndpointSecret } from './endpoint.ts';
import { createSignatureHeaders } from './sign.ts';

test('signs as the examples of the specification do', () => {
  // This test vector is from the specification and from the tests of the reference libraries:
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  const headers = createSignatureHeaders(
    {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      now: new Date(1_614_265_330_000),
    },
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  );
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('signs with each secret, by an HMAC over id, time and body that anybody can compute', () => {
  const secrets = [generateEndpointSecret(), generateEndpointSecret()];
  const now = new Date();
  const body = '{"name":"Ada Lovelace, gräfin"}';
  const headers = createSignatureHeaders({ id: 'e1', body, now }, secrets);
  const signed = `e1.${Math.floor(now.getTime() / 1000)}.${body}`;
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  assert.equal(headers['webhook-signature'], expected.join(' '));
  for (const secret of secrets) assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
  assert.throws(() => new Webhook(generateEndpointSecret()).verify(body, headers), /No matching signature/);
});
