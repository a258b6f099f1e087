/** Secrets that a run has produced, and where they appear. */

export interface Secret {
  /** The name used in findings, such as `the password of ada`: a finding must not show the value either. */
  readonly name: string;
  readonly value: string;
}

/** A text to search. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

/**
 * Returns every spelling in which a secret would still be disclosed: as it is, in JSON, a URL, base64 and
 * hexadecimal.
 */
function spellings(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    ...new Set([
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      new URLSearchParams({ value }).toString().slice('value='.length),
      ...['base64', 'base64url'].map((coding) => withoutEnd(bytes.toString(coding as BufferEncoding))),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
    ]),
  ];
}

/** Removes the characters that also depend on the following bytes. */
function withoutEnd(base64: string): string {
  return base64.replace(/=+$/, '').slice(0, -1);
}

/** Returns `the password of ada in the log` for every place that contains a secret in any spelling. */
export function findSecrets(secrets: readonly Secret[], places: readonly Place[]): readonly string[] {
  return secrets.flatMap(({ name, value }) => {
    const known = spellings(value);
    return places
      .filter(({ text }) => known.some((spelling) => text.includes(spelling)))
      .map((place) => `${name} in ${place.name}`);
  });
}
