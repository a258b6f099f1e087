/** The profiles of the active generation. */
import type { Profiles } from '../ports/profiles.ts';
import type { PointerCache } from './pointer-cache.ts';

export type ActiveProfiles = Pick<Profiles, 'load' | 'list' | 'countParked' | 'countForked'>;

/**
 * Returns profiles that are read from the active generation. A result is used only if the generation is still active
 * after the read. Otherwise, the generation may have been removed during the read, and the result may be empty, so
 * the read is repeated.
 */
export function createActiveProfiles(
  pointers: Pick<PointerCache, 'fresh'>,
  profilesOf: (generation: number) => ActiveProfiles,
): ActiveProfiles {
  async function ask<T>(question: (profiles: ActiveProfiles) => Promise<T>): Promise<T> {
    for (;;) {
      const { active } = await pointers.fresh();
      const answer = await question(profilesOf(active));
      if ((await pointers.fresh()).active === active) return answer;
    }
  }

  return {
    load: (ids) => ask((profiles) => profiles.load(ids)),
    list: (query) => ask((profiles) => profiles.list(query)),
    countParked: () => ask((profiles) => profiles.countParked()),
    countForked: () => ask((profiles) => profiles.countForked()),
  };
}
