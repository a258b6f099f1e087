/**
 * Thrown if an endpoint cannot be added or changed. The message is one sentence for the person who made the
 * request; for the reason `url`, the message is the rest of a sentence that begins with "The URL".
 */
export class EndpointRefusedError extends Error {
  override readonly name = 'EndpointRefusedError';
  /**
   * Why the change is refused. `url`: the URL is not allowed. `number`: there are too many endpoints. `key`:
   * WEBHOOK_SECRET_KEY is not set. `other-key`: WEBHOOK_SECRET_KEY does not decrypt the stored secrets.
   * `later`: the change is not possible yet; the message says when it will be.
   */
  readonly reason: 'url' | 'number' | 'key' | 'other-key' | 'later';

  constructor(reason: EndpointRefusedError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
