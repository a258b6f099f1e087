/** Fetches the URLs that messages of Amazon SNS contain: certificates, and confirmations of subscriptions. */

const MAX_BYTES = 64 * 1024;
const WITHIN_MS = 5_000;

/**
 * Fetches a URL and returns its body. Redirects are not followed.
 * @throws Error unless the response is a 200 with a body of at most 64 KiB, received within 5 s
 */
export async function fetchFromAws(url: URL): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) });
  if (!response.ok || response.body === null) throw new Error(`${url.hostname} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`${url.hostname} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
