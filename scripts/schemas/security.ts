/** Compares how two versions of an API identify the caller of an operation. */

/** The names of the schemes that a request must use together, with the scopes of each. Empty for anonymous requests. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface SecurityScheme {
  readonly type: string;
  readonly scheme?: string;
  readonly in?: string;
  readonly name?: string;
}

const ANONYMOUS: readonly SecurityRequirement[] = [{}];

/**
 * Returns the incompatible changes of an operation's security requirements: each way of identifying the
 * caller that was accepted before must still be accepted.
 * @param before the alternatives that the operation accepted; an empty list means that anonymous requests
 * were accepted
 */
export function findIncompatibleSecurityRequirements(
  name: string,
  before: readonly SecurityRequirement[] = [],
  after: readonly SecurityRequirement[] = [],
): readonly string[] {
  const [old, current] = [before, after].map((each) => (each.length === 0 ? ANONYMOUS : each));
  return (old ?? [])
    .filter((was) => !(current ?? []).some((is) => isEnough(was, is)))
    .map((was) => `${name}: ${textOf(was)} is no longer enough`);
}

function isEnough(given: SecurityRequirement, required: SecurityRequirement): boolean {
  return Object.entries(required).every(
    ([scheme, scopes]) =>
      scopes.every((scope) => given[scheme]?.includes(scope) === true) && given[scheme] !== undefined,
  );
}

function textOf(requirement: SecurityRequirement): string {
  const names = Object.keys(requirement);
  return names.length === 0 ? 'an anonymous request' : names.join(' with ');
}

/**
 * Returns the incompatible changes of security schemes: schemes that were removed, or whose credentials must be sent in
 * a different way.
 */
export function findIncompatibleSecuritySchemes(
  before: Readonly<Record<string, SecurityScheme>>,
  after: Readonly<Record<string, SecurityScheme>>,
): readonly string[] {
  return Object.entries(before).flatMap(([name, was]) => {
    const is = after[name];
    if (is === undefined) return [`the security scheme ${name}: it is gone`];
    const changed = (['type', 'scheme', 'in', 'name'] as const).filter((field) => was[field] !== is[field]);
    return changed.map(
      (field) => `the security scheme ${name}: ${field} was ${was[field]} and is ${is[field]}`,
    );
  });
}
