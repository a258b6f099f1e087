/** Secrets that a run has produced, and where they turn up again. */

export interface Secret {
  /** `the password of ada`: what a finding calls it, as its value must not be shown either. */
  readonly name: string;
  readonly value: string;
}

/** A text to look through. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

/** Every spelling in which a secret would still be one: as it is, in JSON, a URL, base64 and hexadecimal. */
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

/** Without the characters that also depend on what follows. */
function withoutEnd(base64: string): string {
  return base64.replace(/=+$/, '').slice(0, -1);
}

/** `the password of ada in the log`, for every place that holds a secret in any spelling. */
export function findings(secrets: readonly Secret[], places: readonly Place[]): readonly string[] {
  return secrets.flatMap(({ name, value }) => {
    const known = spellings(value);
    return places
      .filter(({ text }) => known.some((spelling) => text.includes(spelling)))
      .map((place) => `${name} in ${place.name}`);
  });
}
