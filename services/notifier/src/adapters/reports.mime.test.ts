import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { ADA_ADDRESS, defineMailReportsContractTests } from '../ports/reports.contract.ts';
import { createReturnPaths } from '../reports/return-paths.ts';
import { createBounceMail, createComplaintMail, createReportMail } from '../testing/reports.ts';
import { createMimeReportReader } from './reports.mime.ts';

const returnPaths = createReturnPaths({ domain: 'bounces.example.com', keys: [randomBytes(32)] });
const others = createReturnPaths({ domain: 'bounces.example.com', keys: [randomBytes(32)] });
const reader = createMimeReportReader(returnPaths);
const FEEDBACK = 'feedback@bounces.example.com';

function to(proof: string, body: string) {
  return { body: Buffer.from(body), proof };
}

defineMailReportsContractTests('mails', () => ({
  reader,
  classifiesBounces: false,
  namesRecipient: false,
  isSigned: false,
  // A delivery report must have a status code (RFC 3464 2.3.4). If the test gives no status code, the report
  // has 5.0.0, which gives no reason for the failure.
  bounce: (delivery, { status = '5.0.0', diagnostic = '' }) =>
    to(returnPaths.addressOf(delivery), createBounceMail({ recipient: ADA_ADDRESS, status, diagnostic })),
  complaint: (delivery) => to(FEEDBACK, createComplaintMail({ returnPath: returnPaths.addressOf(delivery) })),
  others(delivery) {
    const own = returnPaths.addressOf(delivery);
    return {
      'a delay': to(own, createBounceMail({ recipient: ADA_ADDRESS, action: 'delayed', status: '4.4.7' })),
      'a success': to(
        own,
        createBounceMail({ recipient: ADA_ADDRESS, action: 'delivered', status: '2.0.0' }),
      ),
      'an automatic reply': to(own, 'From: ada@example.com\r\nSubject: I am away\r\n\r\n5.1.1 failed'),
      'a report that a mail is not spam': to(own, createComplaintMail({ returnPath: own, type: 'not-spam' })),
      'a bounce to the address for feedback': to(FEEDBACK, createBounceMail({ recipient: ADA_ADDRESS })),
    };
  },
  forged(delivery) {
    const guessed = others.addressOf(delivery);
    return {
      'a bounce to a return path with another MAC': to(guessed, createBounceMail({ recipient: ADA_ADDRESS })),
      'a complaint about a mail that nobody got': to(FEEDBACK, createComplaintMail({ returnPath: guessed })),
      'a complaint that names no return path': to(FEEDBACK, createComplaintMail({ returnPath: '' })),
      'a bounce to another address': to(
        'postmaster@bounces.example.com',
        createBounceMail({ recipient: ADA_ADDRESS }),
      ),
    };
  },
}));

describe('a return path', () => {
  it('is found in any case, and only with its own MAC and domain', () => {
    const delivery = randomUUID();
    const address = returnPaths.addressOf(delivery);
    const [local = ''] = address.split('@');
    assert.ok(local.length <= 64);
    assert.equal(returnPaths.deliveryIn(address.toUpperCase()), delivery);
    const flipped = local.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    for (const wrong of [
      `${flipped}@bounces.example.com`,
      `${local}@example.com`,
      local,
      '',
      '@',
      others.addressOf(delivery),
    ])
      assert.equal(returnPaths.deliveryIn(wrong), undefined, wrong);
  });
});

describe('the keys of return paths', () => {
  it('may be several: the first makes them, and each finds its own', () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const domain = 'bounces.example.com';
    const before = createReturnPaths({ domain, keys: [first] });
    const during = createReturnPaths({ domain, keys: [second, first] });
    const afterwards = createReturnPaths({ domain, keys: [second] });
    const delivery = randomUUID();
    assert.equal(during.deliveryIn(before.addressOf(delivery)), delivery);
    assert.equal(during.addressOf(delivery), afterwards.addressOf(delivery));
    assert.equal(during.deliveryIn(during.addressOf(delivery)), delivery);
    assert.equal(afterwards.deliveryIn(before.addressOf(delivery)), undefined);
  });
});

describe('a report in a mail', () => {
  const delivery = randomUUID();
  const own = returnPaths.addressOf(delivery);

  it('is read in base64, and with folded fields', async () => {
    const fields = Buffer.from(
      'Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ada@example.com\r\nAction:\r\n failed\r\nStatus: 5.1.1\r\n',
    ).toString('base64');
    const type = 'message/delivery-status\r\nContent-Transfer-Encoding: base64';
    const read = await reader.read(to(own, createReportMail('delivery-status', type, fields)));
    assert.equal(read.kind, 'report');
  });

  it('of Exim is classified by the reply that it quotes', async () => {
    const diagnostic = 'smtp; 550 5.1.1 No such user';
    const read = await reader.read(
      to(own, createBounceMail({ recipient: ADA_ADDRESS, status: '5.0.0', diagnostic })),
    );
    assert.equal(read.kind === 'report' && read.state, 'bounced');
  });

  it('with a thousand nested parts, or with endless headers, is none', async () => {
    const nested = Array.from(
      { length: 1000 },
      (_, level) => `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n`,
    ).join('');
    const endless = `X: ${'y'.repeat(200_000)}\r\n${createBounceMail({ recipient: ADA_ADDRESS })}`;
    for (const body of [nested, endless])
      assert.deepEqual(await reader.read(to(own, body)), { kind: 'nothing' });
  });
});
