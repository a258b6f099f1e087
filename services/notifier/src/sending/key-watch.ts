import type { Logger } from '@latchkey/process';
import type { DecryptSealedLink } from '../ports/decrypter.ts';

/** Decrypts links, and remembers whether the key of the last link was missing. */
export interface MissingKeyMonitor {
  readonly open: DecryptSealedLink;
  /**
   * Returns a message that names the missing key. Returns undefined unless the key of the last link was
   * missing.
   */
  trouble(): string | undefined;
}

/**
 * Wraps a decrypter of links in order to report missing keys. Logs each missing key once, because every mail
 * with a link names the same key.
 */
export function createMissingKeyMonitor(open: DecryptSealedLink, logger: Logger): MissingKeyMonitor {
  const logged = new Set<string>();
  let missing: string | undefined;

  function noteMissing(keyId: string): void {
    missing = keyId;
    if (logged.has(keyId)) return;
    logged.add(keyId);
    logger.error({ keyId }, 'SEALING_PRIVATE_KEYS lacks a key: mails whose links need it wait');
  }

  return {
    async open(sealed) {
      const result = await open(sealed);
      if (result.kind === 'unknown-key') noteMissing(result.keyId);
      else missing = undefined;
      return result;
    },
    trouble: () =>
      missing === undefined
        ? undefined
        : `SEALING_PRIVATE_KEYS lacks the key ${missing}: mails whose links need it wait`,
  };
}
