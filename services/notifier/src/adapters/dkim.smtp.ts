/** Signs mails with DKIM (RFC 6376). */
import { createPrivateKey } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import DKIM from 'nodemailer/lib/dkim';
import type { DkimSigningSettings } from '../dkim-key.ts';

/** Returns a raw mail with a DKIM signature added as its first header. */
export type SignMail = (mail: Buffer) => Promise<Buffer>;

export function createDkimSigner({ domain, selector, privateKey }: DkimSigningSettings): SignMail {
  // Pass the key as a KeyObject, because nodemailer would parse a key in PEM again for each mail.
  const dkim = new DKIM({
    domainName: domain,
    keySelector: selector,
    privateKey: createPrivateKey(privateKey),
  });
  return (mail) => buffer(dkim.sign(mail));
}
