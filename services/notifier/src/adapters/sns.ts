/**
 * Messages of Amazon SNS to an HTTP endpoint, and their signatures:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { createVerify, X509Certificate } from 'node:crypto';
import { parseJson } from '@latchkey/process';
import { z } from 'zod';
import { findSnsHostOfTopic } from '../reports/sns-topic.ts';

const text = z.string().max(262_144);

const message = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: text,
  TopicArn: text,
  Subject: text.optional(),
  Message: text,
  Timestamp: text,
  Token: text.optional(),
  SubscribeURL: text.optional(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: text,
  SigningCertURL: text,
});
export type SnsMessage = z.infer<typeof message>;

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const;
const ALGORITHMS = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' } as const;

export interface SnsReaderDeps {
  /** The ARN of the only SNS topic whose messages are accepted. */
  readonly topicArn: string;
  /**
   * Fetches a URL and returns its body. Never follows a redirect.
   * @throws if the URL cannot be fetched
   */
  fetch(url: URL): Promise<string>;
}

/** The result of checking whether a message of Amazon SNS is genuine. */
export type SnsVerification =
  | { readonly kind: 'genuine'; readonly message: SnsMessage }
  | { readonly kind: 'forged' }
  /** The signature of the message was not checked, because the certificate could not be fetched. */
  | { readonly kind: 'unchecked' };

/** Returns the string that SNS signs for a message. Absent fields are left out. */
function signedText(given: SnsMessage): string {
  const names = given.Type === 'Notification' ? NOTIFICATION : CONFIRMATION;
  return names.map((name) => (given[name] === undefined ? '' : `${name}\n${given[name]}\n`)).join('');
}

/** Checks the signatures of SNS messages, and confirms subscriptions. */
export interface SnsReader {
  check(body: string): Promise<SnsVerification>;
  /**
   * Confirms the subscription that a genuine message asks for.
   * @returns false if the confirmation must be tried again
   */
  confirm(message: SnsMessage): Promise<boolean>;
}

export function createSnsReader({ topicArn, fetch }: SnsReaderDeps): SnsReader {
  const host = findSnsHostOfTopic(topicArn);
  /**
   * The certificate that was fetched last. Caching one certificate is enough, because AWS uses a single
   * certificate and replaces it about once a year.
   */
  let known: { readonly url: string; readonly certificate: X509Certificate } | undefined;

  /** Returns a URL if it belongs to AWS; undefined if it does not, or if it is no URL. */
  function urlOfAws(given: string | undefined): URL | undefined {
    const url = given === undefined ? null : URL.parse(given);
    const isPlain = url !== null && url.protocol === 'https:' && url.port === '' && url.username === '';
    return isPlain && url.hostname === host ? url : undefined;
  }

  async function certificateAt(url: URL): Promise<X509Certificate> {
    if (known?.url === url.href) return known.certificate;
    const certificate = new X509Certificate(await fetch(url));
    known = { url: url.href, certificate };
    return certificate;
  }

  return {
    async check(body) {
      const given = message.safeParse(parseJson(body)).data;
      if (given === undefined || given.TopicArn !== topicArn) return { kind: 'forged' };
      const url = urlOfAws(given.SigningCertURL);
      if (url === undefined || !/^\/SimpleNotificationService-[0-9a-z]+\.pem$/i.test(url.pathname))
        return { kind: 'forged' };
      const certificate = await certificateAt(url).catch(() => undefined);
      if (certificate === undefined) return { kind: 'unchecked' };
      const verify = createVerify(ALGORITHMS[given.SignatureVersion]).update(signedText(given), 'utf8');
      return verify.verify(certificate.publicKey, given.Signature, 'base64')
        ? { kind: 'genuine', message: given }
        : { kind: 'forged' };
    },

    async confirm({ SubscribeURL }) {
      const url = urlOfAws(SubscribeURL);
      if (url?.searchParams.get('Action') !== 'ConfirmSubscription') return true;
      return fetch(url).then(
        () => true,
        () => false,
      );
    },
  };
}
