import type { BounceDetails } from '../delivery/hard-bounce.ts';
import { ADA_ADDRESS, defineMailReportsContractTests } from '../ports/reports.contract.ts';
import { createPostmarkReportReader } from './reports.postmark.ts';

const proof = `Basic ${Buffer.from('latchkey:secret').toString('base64')}`;

function webhook(record: Readonly<Record<string, unknown>>) {
  return {
    body: Buffer.from(JSON.stringify({ ID: 42, ServerID: 23, Email: ADA_ADDRESS, ...record })),
    proof,
  };
}

defineMailReportsContractTests('Postmark', () => {
  function bounce(delivery: string, { diagnostic: Details = '' }: BounceDetails = {}) {
    const Metadata = { Delivery: delivery };
    return webhook({ RecordType: 'Bounce', Type: 'HardBounce', TypeCode: 1, Metadata, Details });
  }
  return {
    reader: createPostmarkReportReader('latchkey:secret'),
    classifiesBounces: true,
    namesRecipient: true,
    isSigned: false,
    bounce,
    complaint: (delivery) => webhook({ RecordType: 'SpamComplaint', Metadata: { delivery } }),
    others: (delivery) => ({
      'a soft bounce': webhook({ RecordType: 'Bounce', Type: 'SoftBounce', Metadata: { delivery } }),
      'a delivery': webhook({ RecordType: 'Delivery', Metadata: { delivery } }),
      'a bounce of a mail that is not ours': webhook({ RecordType: 'Bounce', Type: 'HardBounce' }),
      'what is no JSON': { body: Buffer.from('{'), proof },
    }),
    forged(delivery) {
      const { body } = bounce(delivery);
      const guessed = `Basic ${Buffer.from('latchkey:guess').toString('base64')}`;
      return {
        'a bounce without a password': { body },
        'a bounce with another password': { body, proof: guessed },
        'a bounce with a password cut short': { body, proof: proof.slice(0, -4) },
      };
    },
  };
});
