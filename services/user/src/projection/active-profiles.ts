/** Reads the profiles of the active generation. */
import type { ProfileStore } from '../ports/profiles.ts';
import type { GenerationPointerCache } from './pointer-cache.ts';

export type ActiveProfileReader = Pick<ProfileStore, 'load' | 'list' | 'countParked' | 'countForked'>;

/**
 * Creates a reader of the profiles of the active generation. After each read, the reader checks whether the
 * generation is still active, and reads again if not, because a generation that was removed during the read
 * appears empty.
 */
export function createActiveProfileReader(
  pointers: Pick<GenerationPointerCache, 'fresh'>,
  profilesOf: (generation: number) => ActiveProfileReader,
): ActiveProfileReader {
  async function ask<T>(question: (profiles: ActiveProfileReader) => Promise<T>): Promise<T> {
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
