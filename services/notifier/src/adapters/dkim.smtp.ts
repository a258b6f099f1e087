/** DKIM signatures (RFC 6376). */
import { buffer } from 'node:stream/consumers';
import DKIM from 'nodemailer/lib/dkim';
import type { DkimSigningSettings } from '../dkim-key.ts';

/** Returns the raw mail with a DKIM signature added as its first header. */
export type SignMail = (mail: Buffer) => Promise<Buffer>;

export function createDkimSigner({ domain, selector, privateKey }: DkimSigningSettings): SignMail {
  const dkim = new DKIM({ domainName: domain, keySelector: selector, privateKey });
  return (mail) => buffer(dkim.sign(mail));
}
