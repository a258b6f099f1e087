/** Stores service clients. Every method rejects only with StoreUnavailable, which means that the store has failed. */
import type { MoveSource, MoveTarget, Preparable } from '@latchkey/store';
import type { ServiceClient, StoredClientKey } from './client.ts';

export interface ServiceClients {
  /** Adds a client with a new id. */
  add(client: ServiceClient): Promise<void>;
  find(id: string): Promise<ServiceClient | undefined>;
  /** Lists clients by id. @param page.after the id of a client; only later ones are returned */
  list(page: { readonly limit: number; readonly after?: string }): Promise<readonly ServiceClient[]>;
  /**
   * Replaces the keys of a client, unless they have changed since the client was read.
   * @param former the client as it was read from the store
   * @returns false if the keys have changed, or if the client was removed
   */
  replaceKeys(former: Pick<ServiceClient, 'id' | 'keys'>, keys: readonly StoredClientKey[]): Promise<boolean>;
  /** Removes a client. @returns false if there was none */
  remove(id: string): Promise<boolean>;
}

export interface ServiceClientStorage extends Preparable {
  readonly clients: ServiceClients;
  /** Set if clients can be moved from this kind of store. */
  readonly source?: MoveSource<ServiceClient>;
  /** Set if clients can be moved into this kind of store. */
  readonly target?: MoveTarget<ServiceClient>;
}
