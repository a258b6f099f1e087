/** Searches output, such as logs, for the secrets of a test run. */

export interface Secret {
  /** A description for findings, such as `the password of ada`, because a finding must not contain the secret. */
  readonly name: string;
  readonly value: string;
}

/** A named string to search. */
export interface SearchedText {
  readonly name: string;
  readonly text: string;
}

/**
 * Returns the encodings in which a secret could be disclosed: as plain text, in JSON, in a URL, in base64 and in
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

/** Removes the characters at the end that depend on the bytes after the secret. */
function withoutEnd(base64: string): string {
  return base64.replace(/=+$/, '').slice(0, -1);
}

/**
 * Returns a finding, such as `the password of ada in the log`, for every place that contains a secret in any encoding.
 */
export function findSecrets(secrets: readonly Secret[], places: readonly SearchedText[]): readonly string[] {
  return secrets.flatMap(({ name, value }) => {
    const known = spellings(value);
    return places
      .filter(({ text }) => known.some((spelling) => text.includes(spelling)))
      .map((place) => `${name} in ${place.name}`);
  });
}
