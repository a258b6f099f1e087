/**
 * The port that stores service clients. Every method rejects only with StoreUnavailable, if the store fails.
 */
import type { MoveSource, MoveTarget, StorePreparation } from '@latchkey/store';
import type { ServiceClient, StoredClientKey } from './client.ts';

export interface ServiceClients {
  /** Adds a service client, whose id must be new. */
  add(client: ServiceClient): Promise<void>;
  find(id: string): Promise<ServiceClient | undefined>;
  /**
   * Lists service clients, sorted by id.
   * @param page.after return only clients with a greater id
   */
  list(page: { readonly limit: number; readonly after?: string }): Promise<readonly ServiceClient[]>;
  /**
   * Replaces the keys of a client, unless another process has changed them since the caller has read them.
   * @param former the client as the caller has read it
   * @returns false if the keys have changed in the meantime, or the client was removed
   */
  replaceKeys(former: Pick<ServiceClient, 'id' | 'keys'>, keys: readonly StoredClientKey[]): Promise<boolean>;
  /**
   * Removes a service client.
   * @returns false if there is no such client
   */
  remove(id: string): Promise<boolean>;
}

export interface ServiceClientStorage extends StorePreparation {
  readonly clients: ServiceClients;
  /** Set if service clients can be moved from this kind of store. */
  readonly source?: MoveSource<ServiceClient>;
  /** Set if service clients can be moved into this kind of store. */
  readonly target?: MoveTarget<ServiceClient>;
}
