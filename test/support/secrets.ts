/** Searches logs and other output for the secrets of a test run. */

export interface Secret {
  /**
   * A description for test reports, such as `the password of ada`, because a report must not contain the secret itself.
   */
  readonly name: string;
  readonly value: string;
}

/** A text to search, and its name for test reports. */
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

/**
 * Cuts off the end of a base64 string. In a longer base64 string, the last characters would also depend on
 * the bytes that follow the secret.
 */
function withoutEnd(base64: string): string {
  return base64.replace(/=+$/, '').slice(0, -1);
}

/**
 * Searches all texts for all secrets in every encoding. Returns a message, such as `the password of ada in the log`,
 * for each secret that a text contains.
 */
export function findSecrets(secrets: readonly Secret[], places: readonly SearchedText[]): readonly string[] {
  return secrets.flatMap(({ name, value }) => {
    const known = spellings(value);
    return places
      .filter(({ text }) => known.some((spelling) => text.includes(spelling)))
      .map((place) => `${name} in ${place.name}`);
  });
}
