/**
 * Makes one question of those that are asked at the same time, that is, before anything that was awaited goes on.
 * @param askAll answers for all keys at once; where it rejects, all who asked are rejected
 * @returns what answers for one key: undefined where there is nothing for it
 */
export function gathered<Key, Answer>(
  askAll: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Answer>>,
): (key: Key) => Promise<Answer | undefined> {
  let asking: { readonly keys: Set<Key>; readonly answers: Promise<ReadonlyMap<Key, Answer>> } | undefined;

  function begin() {
    const keys = new Set<Key>();
    const answers = Promise.resolve().then(() => {
      asking = undefined;
      return askAll([...keys]);
    });
    return { keys, answers };
  }

  return async (key) => {
    asking ??= begin();
    const { keys, answers } = asking;
    keys.add(key);
    return (await answers).get(key);
  };
}
