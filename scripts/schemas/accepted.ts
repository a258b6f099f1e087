/** Incompatible changes since the last release that were accepted deliberately (`schemas/accepted.json`). */
interface Acceptance {
  /** Why the changes are accepted, although they are incompatible. */
  readonly reason: string;
  /** The sentences with which `npm run check:schemas` reports the incompatible changes. */
  readonly changes: readonly string[];
}

/**
 * Returns the reported incompatible changes without those that were accepted. An accepted change that is not
 * among the reported changes is added to the result as a fault. Changes without a reason are not accepted.
 * @param accepted the contents of `schemas/accepted.json`
 */
export function removeAcceptedIncompatibilities(
  faults: readonly string[],
  accepted: readonly Acceptance[],
): readonly string[] {
  const known = new Set(accepted.flatMap(({ reason, changes }) => (reason.trim() === '' ? [] : changes)));
  const found = new Set(faults);
  return [
    ...faults.filter((fault) => !known.has(fault)),
    ...[...known.difference(found)].map(
      (change) => `schemas/accepted.json: there is no such change: ${change}`,
    ),
  ];
}
