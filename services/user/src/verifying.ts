/** The read model, to be held against the events that it was made of: for ops. */
import { type Store, storesOf } from './backends.ts';
import { groupOf } from './generation/pointer.ts';
import type { Profiles } from './ports/profiles.ts';

export { differingFields, fold } from './profile/compare.ts';
export type { StoredAccount } from './profile/stored-account.ts';

/** The generation that answers queries. */
export interface ProfileView extends Pick<Profiles, 'load'> {
  /** Whose positions tell how far it has been filled. */
  readonly group: string;
  /** The id of every account that anything is known of, some at a time. */
  ids(): AsyncIterable<readonly string[]>;
}

const PAGE = 500;

/** Only reads; may be used beside running servers. @throws StoreUnavailable */
export async function openProfileView(store: Store): Promise<ProfileView> {
  const { generations, profilesOf } = storesOf(store);
  const { active } = await generations.read();
  const profiles = profilesOf(active);
  return { group: groupOf(active), load: profiles.load, ids: () => idsOf(profiles) };
}

async function* idsOf(profiles: Pick<Profiles, 'page'>): AsyncGenerator<readonly string[]> {
  let after: string | undefined;
  do {
    const ids = (await profiles.page(after, PAGE)).map(({ account }) => account);
    if (ids.length > 0) yield ids;
    after = ids.at(-1);
  } while (after !== undefined);
}
