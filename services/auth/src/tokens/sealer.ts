import type { KeyObject } from 'node:crypto';
import { encryptJwe } from '@latchkey/tokens/jwe';
import type { LinkSealer } from '../ports/sealer.ts';

/**
 * Creates the sealer of links.
 * @param key the setting SEALING_PUBLIC_KEY; its thumbprint `kid` tells the notifier which private key to use
 */
export function createLinkSealer(key: { readonly kid: string; readonly publicKey: KeyObject }): LinkSealer {
  return { seal: async (content) => encryptJwe(JSON.stringify(content), key) };
}
