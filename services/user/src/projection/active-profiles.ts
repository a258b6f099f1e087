/** Reads the profiles of the active generation. */
import type { Profiles } from '../ports/profiles.ts';
import type { PointerCache } from './pointer-cache.ts';

export type ActiveProfiles = Pick<Profiles, 'load' | 'list' | 'countParked' | 'countForked'>;

/**
 * Returns profiles that are read from the active generation. After each read, checks that the generation is still
 * active, and otherwise repeats the read: a generation that was removed meanwhile appears empty.
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
